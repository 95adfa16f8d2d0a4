#include "discovery/json_fields.h"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace kubevitals::discovery {
namespace {

constexpr std::size_t kMaxDepth = 256;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

Result<json::value> parse_json_document(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return Error{ErrorCode::kInvalid, "no valid JSON: " + error.message()};
  return value;
}

JsonFields::JsonFields(const json::value& value, std::string path, std::string& problem)
    : object_(value.if_object()), path_(std::move(path)), problem_(&problem) {
  if (object_ == nullptr && !value.is_null()) refuse(path_, "an object");
}

const json::value* JsonFields::find(std::string_view name) const {
  const json::value* found = nullptr;
  if (object_ == nullptr) return found;
  for (const auto& member : *object_) {
    const auto key = member.key();
    if (!member.value().is_null() && same_name({key.data(), key.size()}, name)) found = &member.value();
  }
  return found;
}

std::string JsonFields::path_of(std::string_view name) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  return path.append(name);
}

void JsonFields::refuse(const std::string& path, std::string_view wanted) {
  if (!problem_->empty()) return;
  *problem_ = (path.empty() ? "the document" : path) + ": expected ";
  problem_->append(wanted);
}

bool JsonFields::text_of(const json::value& value, const std::string& path, std::string& out) {
  const json::string* text = value.if_string();
  if (text != nullptr) {
    out.assign(view_of(*text));
  } else if (value.is_null()) {
    out.clear();
  } else {
    refuse(path, "a string");
    return false;
  }
  return true;
}

void JsonFields::read(std::string_view name, std::string& out) {
  if (const json::value* value = find(name)) text_of(*value, path_of(name), out);
}

void JsonFields::read(std::string_view name, std::int64_t& out) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  if (!value->is_int64()) {
    refuse(path_of(name), "an integer");
    return;
  }
  out = value->get_int64();
}

void JsonFields::read(std::string_view name, std::vector<std::string>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const json::array* items = value->if_array();
  if (items == nullptr) {
    refuse(path_of(name), "a list of strings");
    return;
  }
  out.clear();
  for (const json::value& item : *items) text_of(item, path_of(name), out.emplace_back());
}

void JsonFields::read(std::string_view name, std::map<std::string, std::string>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return;
  const json::object* members = value->if_object();
  if (members == nullptr) {
    refuse(path_of(name), "an object of strings");
    return;
  }
  for (const auto& member : *members) {
    const std::string key(member.key().data(), member.key().size());
    text_of(member.value(), path_of(name), out[key]);
  }
}

JsonFields JsonFields::object(std::string_view name) {
  static const json::value kNone;
  const json::value* value = find(name);
  return JsonFields(value != nullptr ? *value : kNone, path_of(name), *problem_);
}

std::vector<JsonFields> JsonFields::list(std::string_view name) {
  std::vector<JsonFields> result;
  const json::value* value = find(name);
  if (value == nullptr) return result;
  const json::array* items = value->if_array();
  if (items == nullptr) {
    refuse(path_of(name), "a list");
    return result;
  }
  for (const json::value& item : *items) result.emplace_back(item, path_of(name), *problem_);
  return result;
}

std::vector<std::pair<std::string, JsonFields>> JsonFields::objects(std::string_view name) {
  std::vector<std::pair<std::string, JsonFields>> result;
  const json::value* value = find(name);
  if (value == nullptr) return result;
  const json::object* members = value->if_object();
  if (members == nullptr) {
    refuse(path_of(name), "an object");
    return result;
  }
  for (const auto& member : *members) {
    std::string key(member.key().data(), member.key().size());
    JsonFields fields(member.value(), path_of(name), *problem_);
    result.emplace_back(std::move(key), std::move(fields));
  }
  return result;
}

}  // namespace kubevitals::discovery
