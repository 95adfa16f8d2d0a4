#include "kube/decode_json.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "base/rfc3339.h"
#include "kube/json_text.h"

namespace kubevitals::kube {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

// The text of a value's first token: a scalar whole, or the bracket that opens an object or array.
std::string_view token_of(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && is_json_space(token.back())) {
    token.remove_suffix(1);
  }
  return token;
}

bool is_string_token(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' && token.back() == '"';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_json_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_json_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

// Walks a document along a layout. The depth of the recursion is that of the type.
struct JsonDecoder::Impl {
  ondemand::parser parser;
  std::unique_ptr<char[]> copy;  // what decode() works on
  std::size_t copy_size = 0;
  std::string unescaped;  // strings that had escapes; never grows during a decode, since views point into it
  std::string_view text;  // the document
  std::string path;       // of the failure
  std::string cause;

  bool fail(std::string_view why) {
    cause = why;
    return false;
  }
  bool fail(simdjson::error_code code) {
    cause.assign("malformed JSON: ").append(simdjson::error_message(code));
    return false;
  }
  bool fail_in(std::string_view name) {
    if (!path.empty() && path.front() != '[') {
      path.insert(0, ".");
    }
    path.insert(0, name);
    return false;
  }
  Error error() const { return {ErrorCode::kInvalid, path.empty() ? cause : path + ": " + cause}; }

  bool read_string(std::string_view token, std::string_view& out);
  bool read_key(ondemand::field& field, std::string_view& out);
  const FieldLayout* find_field(ondemand::field& field, const MessageLayout& layout, std::size_t& expected);
  bool read_int(std::string_view token, std::int64_t lowest, std::int64_t highest, std::int64_t& out);
  bool read_time(std::string_view token, Time& out);
  bool read_int_or_string(std::string_view token, IntOrString& out);
  bool read_quantity(std::string_view token, std::string_view& out);
  bool read_single(ondemand::value& value, std::string_view token, const FieldLayout& field,
                   ObjectFiller& filler, ObjectFiller::Value target);
  bool read_scalar(std::string_view token, const FieldLayout& field, void* target);
  bool read_map(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler, MapBase& map);
  bool read_list(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler);
  bool read_field(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler);
  bool read_object(ondemand::object& object, const MessageLayout& layout, void* target, bool fresh);
  bool read_document(std::string_view padded, const MessageLayout& layout, void* target);
};

bool JsonDecoder::Impl::read_string(std::string_view token, std::string_view& out) {
  if (!is_string_token(token)) {
    return fail("expected a string");
  }
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') == std::string_view::npos) {
    out = inside;
    return true;
  }
  if (unescaped.empty()) {
    // All strings of the document together fit, since unescaping never makes one longer.
    unescaped.reserve(text.size());
  }
  const std::size_t begin = unescaped.size();
  if (!append_unescaped(unescaped, inside)) {
    return fail("malformed JSON: a bad escape in a string");
  }
  out = std::string_view(unescaped).substr(begin);
  return true;
}

bool JsonDecoder::Impl::read_key(ondemand::field& field, std::string_view& out) {
  const char* begin = field.key().raw();
  const char* at = begin;
  const char* end = text.data() + text.size();
  while (at < end && *at != '"') {
    at += *at == '\\' ? 2 : 1;
  }
  if (at >= end) {
    return fail("malformed JSON: a key does not end");
  }
  return read_string(std::string_view(begin - 1, at + 1), out);
}

// Servers write members in the order of the Go struct, which is mostly ours: the one after the last is tried
// first.
const FieldLayout* JsonDecoder::Impl::find_field(ondemand::field& field, const MessageLayout& layout,
                                                 std::size_t& expected) {
  const char* key = field.key().raw();
  const std::size_t readable = static_cast<std::size_t>(text.data() + text.size() - key) + kJsonPadding;
  const std::size_t count = layout.json_fields.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = expected + i < count ? expected + i : expected + i - count;
    const FieldLayout& candidate = layout.json_fields[index];
    const std::string_view name = candidate.json_name;
    if (key[0] == name[0] && name.size() < readable && std::memcmp(key, name.data(), name.size()) == 0 &&
        key[name.size()] == '"') {
      expected = index + 1;
      return &candidate;
    }
  }
  const auto* quote = static_cast<const char*>(std::memchr(key, '"', readable));
  std::string_view unescaped_key;
  if (quote == nullptr || std::memchr(key, '\\', static_cast<std::size_t>(quote - key)) == nullptr ||
      !read_key(field, unescaped_key)) {
    return nullptr;
  }
  for (const FieldLayout& candidate : layout.json_fields) {
    if (candidate.json_name == unescaped_key) {
      return &candidate;
    }
  }
  return nullptr;
}

bool JsonDecoder::Impl::read_int(std::string_view token, std::int64_t lowest, std::int64_t highest,
                                 std::int64_t& out) {
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), out);
  if (!is_json_number(token) || end != token.data() + token.size()) {
    return fail("expected an integer");
  }
  if (error != std::errc() || out < lowest || out > highest) {
    return fail("the integer is out of range");
  }
  return true;
}

bool JsonDecoder::Impl::read_time(std::string_view token, Time& out) {
  std::string_view text_of_time;
  if (!read_string(token, text_of_time)) {
    return false;
  }
  const Result<UnixTime> time = parse_rfc3339(text_of_time);
  if (!time) {
    return fail(time.error().message);
  }
  out = {time->seconds, time->nanos};
  return true;
}

bool JsonDecoder::Impl::read_int_or_string(std::string_view token, IntOrString& out) {
  out = {};
  if (token.starts_with('"')) {
    out.is_string = true;
    return read_string(token, out.string_value);
  }
  std::int64_t number = 0;
  if (!read_int(token, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(),
                number)) {
    cause.append(" or a string");
    return false;
  }
  out.int_value = static_cast<std::int32_t>(number);
  return true;
}

// resource.Quantity's UnmarshalJSON: a string or a number, white space around it does not matter, null is
// zero.
bool JsonDecoder::Impl::read_quantity(std::string_view token, std::string_view& out) {
  if (token == "null") {
    out = "0";
    return true;
  }
  if (is_string_token(token)) {
    if (!read_string(token, out)) {
      return false;
    }
    out = trim(out);
    return true;
  }
  if (!is_json_number(token)) {
    return fail("expected a quantity");
  }
  out = token;
  return true;
}

bool JsonDecoder::Impl::read_scalar(std::string_view token, const FieldLayout& field, void* target) {
  std::int64_t number = 0;
  switch (field.kind) {
    case ValueKind::kString:
      return read_string(token, *static_cast<std::string_view*>(target));
    case ValueKind::kBool:
      if (token != "true" && token != "false") {
        return fail("expected true or false");
      }
      *static_cast<bool*>(target) = token == "true";
      return true;
    case ValueKind::kInt32:
      if (!read_int(token, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(),
                    number)) {
        return false;
      }
      *static_cast<std::int32_t*>(target) = static_cast<std::int32_t>(number);
      return true;
    case ValueKind::kInt64:
      return read_int(token, std::numeric_limits<std::int64_t>::min(),
                      std::numeric_limits<std::int64_t>::max(), *static_cast<std::int64_t*>(target));
    case ValueKind::kTime:
      return read_time(token, *static_cast<Time*>(target));
    case ValueKind::kIntOrString:
      return read_int_or_string(token, *static_cast<IntOrString*>(target));
    case ValueKind::kStringMap:
    case ValueKind::kResourceList:
    case ValueKind::kMessage:
      break;
  }
  return fail("internal: not a scalar");
}

bool JsonDecoder::Impl::read_map(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler,
                                 MapBase& map) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail("expected an object");
  }
  const bool quantities = field.kind == ValueKind::kResourceList;
  for (auto each : object) {
    ondemand::field entry;
    if (const auto code = std::move(each).get(entry)) {
      return fail(code);
    }
    std::string_view key;
    if (!read_key(entry, key)) {
      return false;
    }
    const std::string_view token = token_of(entry.value());
    std::string_view text_of_value;
    if (!(quantities        ? read_quantity(token, text_of_value)
          : token == "null" ? true
                            : read_string(token, text_of_value))) {
      return fail_in(key);
    }
    filler.add_to_map(field, map, key, text_of_value);
  }
  return true;
}

bool JsonDecoder::Impl::read_single(ondemand::value& value, std::string_view token, const FieldLayout& field,
                                    ObjectFiller& filler, ObjectFiller::Value target) {
  switch (field.kind) {
    case ValueKind::kStringMap:
    case ValueKind::kResourceList:
      return read_map(value, field, filler, map_of(field, target.at));
    case ValueKind::kMessage: {
      ondemand::object object;
      if (value.get_object().get(object) != simdjson::SUCCESS) {
        return fail("expected an object");
      }
      return read_object(object, *field.message, target.at, target.fresh);
    }
    default:
      return read_scalar(token, field, target.at);
  }
}

bool JsonDecoder::Impl::read_list(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) {
    return fail("expected a list");
  }
  filler.set_empty(field);
  std::size_t index = 0;
  for (auto each : array) {
    ondemand::value element;
    if (const auto code = std::move(each).get(element)) {
      return fail(code);
    }
    const std::string_view token = token_of(element);
    const ObjectFiller::Value target = filler.next_value(field);
    if (token == "null") {
      reset_value(field, target.at);
    } else if (!read_single(element, token, field, filler, target)) {
      return fail_in("[" + std::to_string(index) + "]");
    }
    ++index;
  }
  return true;
}

// null leaves a member without a pointer, list or map as it is (encoding/json); what decodes itself in Go,
// times and the like, becomes zero.
bool JsonDecoder::Impl::read_field(ondemand::value& value, const FieldLayout& field, ObjectFiller& filler) {
  const std::string_view token = token_of(value);
  if (token == "null") {
    const bool decodes_itself = field.kind == ValueKind::kTime || field.kind == ValueKind::kIntOrString;
    if (field.cardinality != Cardinality::kOne || field.is_map() || decodes_itself) {
      filler.set_empty(field);
    }
    return true;
  }
  if (field.cardinality == Cardinality::kList) {
    return read_list(value, field, filler);
  }
  return read_single(value, token, field, filler, filler.next_value(field));
}

bool JsonDecoder::Impl::read_object(ondemand::object& object, const MessageLayout& layout, void* target,
                                    bool fresh) {
  ObjectFiller filler(layout.json_fields, target, fresh);
  std::size_t expected = 0;
  for (auto each : object) {
    ondemand::field entry;
    if (const auto code = std::move(each).get(entry)) {
      return fail(code);
    }
    const FieldLayout* field = find_field(entry, layout, expected);
    if (field != nullptr && !read_field(entry.value(), *field, filler)) {
      return fail_in(field->json_name);
    }
  }
  filler.finish();
  return true;
}

bool JsonDecoder::Impl::read_document(std::string_view padded, const MessageLayout& layout, void* target) {
  path.clear();
  cause.clear();
  unescaped.clear();
  text = padded;
  ondemand::document document;
  const auto code = parser.iterate(padded.data(), padded.size(), padded.size() + kJsonPadding).get(document);
  if (code) {
    return fail(code);
  }
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) {
    return fail("expected an object");
  }
  if (!read_object(object, layout, target, true)) {
    return false;
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return fail("malformed JSON: there is more text behind the object");
  }
  return true;
}

JsonDecoder::JsonDecoder() : impl_(std::make_unique<Impl>()) {}
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;
JsonDecoder& JsonDecoder::operator=(JsonDecoder&&) noexcept = default;
JsonDecoder::~JsonDecoder() = default;

std::string_view JsonDecoder::copy_padded(std::string_view json) {
  if (impl_->copy_size < json.size() + kJsonPadding) {
    impl_->copy_size = json.size() + json.size() / 2 + kJsonPadding;
    impl_->copy = std::make_unique<char[]>(impl_->copy_size);
  }
  if (!json.empty()) {
    std::memcpy(impl_->copy.get(), json.data(), json.size());
  }
  return {impl_->copy.get(), json.size()};
}

Result<void> JsonDecoder::decode_object(std::string_view padded, const MessageLayout& layout, void* object) {
  if (!impl_->read_document(padded, layout, object)) {
    return impl_->error();
  }
  return {};
}

}  // namespace kubevitals::kube
