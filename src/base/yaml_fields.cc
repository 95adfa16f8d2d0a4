#include "base/yaml_fields.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>

#include "base/base64.h"
#include "base/go_text.h"
#include "base/yaml_scalar.h"

namespace kubevitals {
namespace {

constexpr std::size_t kMaxProblems = 200;
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

std::string tag_of(const YAML::Node& node) {
  const std::string& tag = node.Tag();
  return tag.empty() ? "?" : tag;
}

// With escapes for what would not be seen on a terminal: keys are part of paths and may be anything.
std::string on_one_line(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (rune.valid && rune.value >= 0x20 && rune.value != 0x7F && (rune.value < 0x80 || rune.value >= 0xA0)) {
      out.append(text.substr(0, rune.bytes));
    } else {
      for (const char c : text.substr(0, rune.bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        out.append("\\x").append({kHex[byte >> 4], kHex[byte & 15]});
      }
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

// yaml-cpp has for a value that is not there, as after a lone dash, the place of what comes next. This is how
// many lines further down that is: those with nothing but space and comments between the two.
int lines_after_nothing(std::string_view text, int position) {
  constexpr std::size_t kFarEnough = 4096;
  if (position < 0 || static_cast<std::size_t>(position) > text.size()) return 0;
  const auto end = static_cast<std::size_t>(position);
  const char next = end < text.size() ? text[end] : '\0';
  if (next == '~' || next == 'n' || next == 'N') return 0;  // a null that is written
  std::string_view before = text.substr(0, end);
  if (before.size() > kFarEnough) before.remove_prefix(before.size() - kFarEnough);
  for (int lines = 0;; ++lines) {
    const std::size_t begin = before.rfind('\n') + 1;
    const std::string_view line = before.substr(begin);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return lines;
    if (begin == 0) return 0;
    before.remove_suffix(before.size() - begin + 1);
  }
}

// A number that JSON does not have.
std::optional<double> special_number(const std::string& tag, std::string_view text) {
  if (tag != "?" && tag != "tag:yaml.org,2002:float") return std::nullopt;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text != ".inf" && text != ".Inf" && text != ".INF") return std::nullopt;
  return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

bool is_merge(const YAML::Node& key) {
  if (!key.IsScalar() || key.Scalar() != "<<") return false;
  const std::string tag = tag_of(key);
  return tag == "?" || tag == "tag:yaml.org,2002:merge";
}

std::string join_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace

void YamlProblems::add(int line, std::string_view path, std::string_view cause) {
  if (found_.size() > kMaxProblems) return;
  std::string text = file_;
  if (line > 0) text.append(":").append(std::to_string(line));
  if (!text.empty()) text.append(": ");
  if (!path.empty()) text.append(path).append(": ");
  text = on_one_line(text.append(cause));
  if (!known_.insert(text).second) return;
  found_.push_back(found_.size() == kMaxProblems ? file_ + ": and more" : std::move(text));
}

Result<void> YamlProblems::result() const {
  if (found_.empty()) return {};
  std::string text;
  for (const std::string& problem : found_) text.append(text.empty() ? "" : "\n").append(problem);
  return Error{ErrorCode::kInvalid, std::move(text)};
}

bool YamlValue::is_null() const {
  if (!node_.IsDefined()) return false;
  if (node_.IsNull()) return true;
  if (!node_.IsScalar()) return false;
  const auto scalar = resolve_yaml_scalar(tag_of(node_), node_.Scalar());
  return scalar && scalar->is_null;
}

int YamlValue::line() const {
  if (!node_.IsDefined()) return 0;
  const YAML::Mark mark = node_.Mark();
  if (mark.is_null()) return 0;
  const int after = node_.IsNull() ? lines_after_nothing(problems_->source(), mark.pos) : 0;
  return std::max(mark.line - after, 0) + 1;
}

bool YamlValue::complain_of_type(const char* wanted) const {
  const char* const is = node_.IsMap() ? ", not a mapping" : node_.IsSequence() ? ", not a list" : "";
  complain(std::string("expected ") + wanted + is);
  return false;
}

// Nothing when it is no scalar.
std::optional<YamlValue::Scalar> YamlValue::typed_scalar(const char* wanted) const {
  if (!node_.IsDefined() || node_.IsNull()) return Scalar{"", "null"};
  if (!node_.IsScalar()) {
    complain_of_type(wanted);
    return std::nullopt;
  }
  const std::string tag = tag_of(node_);
  if (tag == "tag:yaml.org,2002:binary") {
    auto bytes = decode_base64(node_.Scalar());
    if (bytes) return Scalar{*std::move(bytes), "\"\""};
    complain("the text of a !!binary is no base64");
    return std::nullopt;
  }
  if (special_number(tag, node_.Scalar())) return Scalar{node_.Scalar(), ".inf"};
  auto scalar = resolve_yaml_scalar(tag, node_.Scalar());
  if (!scalar) {
    complain("the text is not what its tag says");
    return std::nullopt;
  }
  if (scalar->is_null) return Scalar{"", "null"};
  return Scalar{node_.Scalar(), std::move(scalar->json)};
}

bool YamlValue::read(std::string& out) const {
  auto scalar = typed_scalar("a text");
  if (!scalar) return false;
  out = std::move(scalar->text);
  return true;
}

bool YamlValue::read(bool& out) const {
  const auto scalar = typed_scalar("true or false");
  if (!scalar) return false;
  const std::string& json = scalar->json;
  if (json != "true" && json != "false" && json != "null") return complain_of_type("true or false");
  out = json == "true";
  return true;
}

bool YamlValue::read(double& out) const {
  const auto scalar = typed_scalar("a number");
  if (!scalar) return false;
  const std::string& json = scalar->json;
  double value = 0;
  if (json == ".inf") {
    value = special_number("?", scalar->text).value_or(0);
  } else if (json != "null") {
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
    if (error != std::errc() || end != json.data() + json.size()) return complain_of_type("a number");
  }
  out = value;
  return true;
}

bool YamlValue::read(std::int64_t& out) const {
  const auto scalar = typed_scalar("a whole number");
  if (!scalar) return false;
  const std::string& json = scalar->json;
  std::int64_t value = 0;
  if (json != "null") {  // 1e3 is 1000 in JSON, too
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
    if (error == std::errc::result_out_of_range) {
      complain("the number is too big");
      return false;
    }
    if (error != std::errc() || end != json.data() + json.size()) return complain_of_type("a whole number");
  }
  out = value;
  return true;
}

bool YamlValue::read(std::uint64_t& out) const {
  const auto scalar = typed_scalar("a whole number");
  if (!scalar) return false;
  const std::string& json = scalar->json;
  std::uint64_t value = 0;
  if (json != "null") {
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
    if (error == std::errc::result_out_of_range) {
      complain("the number is too big");
      return false;
    }
    if (error != std::errc() || end != json.data() + json.size()) {
      return complain_of_type("a whole number that is not negative");
    }
  }
  out = value;
  return true;
}

bool YamlValue::read(int& out) const {
  std::int64_t value = 0;
  if (!read(value)) return false;
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    complain("the number is too big");
    return false;
  }
  out = static_cast<int>(value);
  return true;
}

bool YamlValue::read(std::uint16_t& out) const {
  std::int64_t value = 0;
  if (!read(value)) return false;
  if (value < 0 || value > std::numeric_limits<std::uint16_t>::max()) {
    complain("expected a number from 0 to 65535");
    return false;
  }
  out = static_cast<std::uint16_t>(value);
  return true;
}

bool YamlValue::read(std::vector<std::string>& out) const {
  if (!is_list() && !is_missing() && !is_null()) {
    return complain_of_type("a list of texts");
  }
  std::vector<std::string> texts;
  for (const YamlValue& item : items()) {
    if (!item.read(texts.emplace_back())) return false;
  }
  out = std::move(texts);
  return true;
}

bool YamlValue::read(std::map<std::string, std::string>& out) const {
  if (!is_map() && !is_missing() && !is_null()) {
    return complain_of_type("a mapping of texts");
  }
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : members()) {
    if (!value.read(texts[key])) return false;
  }
  out = std::move(texts);
  return true;
}

std::vector<YamlValue> YamlValue::items() const {
  std::vector<YamlValue> items;
  if (is_missing() || is_null()) return items;
  if (!is_list()) {
    complain_of_type("a list");
    return items;
  }
  for (const auto& item : node_) {
    const std::string number = std::to_string(items.size());
    items.emplace_back(item, path_ + "[" + number + "]", *problems_);
  }
  return items;
}

std::vector<std::pair<std::string, YamlValue>> YamlValue::members() const {
  std::vector<std::pair<std::string, YamlValue>> members;
  if (is_missing() || is_null()) return members;
  std::set<std::string, std::less<>> there;
  add_members(members, there);
  return members;
}

void YamlValue::add_members(std::vector<std::pair<std::string, YamlValue>>& members,
                            std::set<std::string, std::less<>>& there) const {
  if (!is_map()) {
    complain_of_type("a mapping");
    return;
  }
  std::set<std::string, std::less<>> own;
  std::vector<YAML::Node> merged;
  for (const auto& item : node_) {
    const YamlValue key(item.first, path_, *problems_);
    if (is_merge(item.first)) {
      merged.push_back(item.second);
      continue;
    }
    std::string name;
    if (!item.first.IsScalar() && !item.first.IsNull()) {
      key.complain("expected a key that is a text");
      continue;
    }
    if (!key.read(name)) continue;
    if (!own.insert(name).second) {
      key.complain("the key \"" + name + "\" is given twice");
      continue;
    }
    if (!there.insert(name).second) continue;  // one that this is merged into has it
    members.emplace_back(name, YamlValue(item.second, join_path(path_, name), *problems_));
    members.back().second.key_line_ = key.line();
  }
  for (const YAML::Node& source : merged) {
    // Of several mappings the first counts.
    const YamlValue value(source, path_, *problems_);
    const std::vector<YamlValue> maps = value.is_list() ? value.items() : std::vector<YamlValue>{value};
    for (const YamlValue& map : maps) {
      if (map.is_map()) {
        YamlValue(map.node_, path_, *problems_).add_members(members, there);
      } else {
        map.complain("what is merged must be a mapping or a list of mappings");
      }
    }
  }
}

YamlMapping::YamlMapping(const YamlValue& value) : value_(value) {
  for (auto& [key, member] : value.members()) {
    order_.push_back(key);
    members_.emplace(key, std::move(member));
  }
}

YamlValue YamlMapping::get(std::string_view key) {
  known_.emplace(key);
  const auto found = members_.find(key);
  if (found != members_.end()) return found->second;
  return {YAML::Node(YAML::NodeType::Undefined), join_path(value_.path(), std::string(key)),
          value_.problems()};
}

void YamlMapping::complain(std::string_view key, std::string_view cause) {
  const YamlValue member = get(key);
  const int line = member.is_missing() ? value_.line() : member.line();
  value_.problems().add(line, member.path(), cause);
}

void YamlMapping::finish() {
  for (const std::string& key : order_) {
    if (known_.contains(key)) continue;
    const YamlValue& member = members_.at(key);
    value_.problems().add(member.key_line_, member.path(), "unknown key");
  }
}

Result<std::string> read_text_file(const std::string& path) {
  const auto fail = [&](const std::string& cause) {
    return Error{ErrorCode::kInvalid, "cannot read " + path + ": " + cause};
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return fail(std::generic_category().message(EISDIR));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char buffer[16384];
  while (file && text.size() <= kMaxFileBytes) {  // a device may have no end
    file.read(buffer, sizeof buffer);
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() && file.fail()) return fail(std::generic_category().message(errno == 0 ? EIO : errno));
  if (text.size() > kMaxFileBytes) return fail("the file is too big");
  return text;
}

}  // namespace kubevitals
