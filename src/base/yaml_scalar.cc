#include "base/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>

namespace kubevitals {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A float64 as encoding/json writes it: the shortest digits that read back the same, without an exponent from
// 1e-6 up to 1e21.
std::string json_number(double value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const double magnitude = std::abs(value);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) return std::string(buffer, end);
  if (magnitude < 1e15) {
    return std::string(buffer,
                       std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr);
  }
  // to_chars would write all digits of so large a number, not the shortest ones.
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t letter = text.find('e');
  std::string number(text.substr(0, letter));
  std::erase(number, '.');
  int exponent = 0;
  std::from_chars(text.data() + letter + 2, end, exponent);
  const std::size_t sign = number[0] == '-' ? 1 : 0;
  const std::size_t digits = static_cast<std::size_t>(exponent) + 1;
  if (number.size() - sign < digits) {
    number.append(digits - (number.size() - sign), '0');
  } else if (number.size() - sign > digits) {
    number.insert(sign + digits, 1, '.');
  }
  return number;
}

// The base that a prefix says, which is taken off: 0x, 0o, 0b, or 0 for octal.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = static_cast<char>(digits[1] | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

// A whole number in decimal, when it fits an int64 or a uint64.
std::optional<std::string> parse_integer(std::string_view text) {
  bool negative = false;
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  if (has_sign) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const int base = take_base(text);
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr std::uint64_t kMaxInt64 = INT64_MAX;
  if (has_sign && magnitude > kMaxInt64 + (negative ? 1 : 0)) return std::nullopt;
  return (negative && magnitude != 0 ? "-" : "") + std::to_string(magnitude);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - begin;
  };
  const auto accept = [&](std::string_view characters) {
    const bool found = at < text.size() && characters.find(text[at]) != std::string_view::npos;
    at += found ? 1 : 0;
    return found;
  };
  accept("+-");
  const bool whole = digits() > 0;
  const bool fraction = accept(".") && digits() > 0;
  if (!whole && !fraction) return false;
  if (accept("eE")) {
    accept("+-");
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// nullopt when it is no number or too large for one.
std::optional<double> parse_float(std::string_view text) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // To Go a number that is too small is zero, one that is too large none.
  if (error == std::errc::result_out_of_range) {
    const std::size_t exponent = text.find_first_of("eE");
    const bool tiny = exponent == std::string_view::npos ? text.find('.') < 300 : text[exponent + 1] == '-';
    return tiny ? std::optional(0.0) : std::nullopt;
  }
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

enum class Type { kNull, kBool, kInt, kFloat, kString, kNoJson };

struct Resolved {
  Type type = Type::kString;
  std::string json;
};

Resolved resolve_plain(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return {Type::kNull, "null"};
  if (is_one_of(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return {Type::kBool, "true"};
  }
  if (is_one_of(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return {Type::kBool, "false"};
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                       "-.Inf", "-.INF"})) {
    return {Type::kNoJson, ""};
  }
  if (text[0] == '.') {
    const auto value = parse_float(text);
    return value ? Resolved{Type::kFloat, json_number(*value)} : Resolved{};
  }
  if (!is_digit(text[0]) && text[0] != '-' && text[0] != '+') return {};
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = parse_integer(plain)) return {Type::kInt, std::move(*integer)};
  if (const auto value = parse_float(plain)) return {Type::kFloat, json_number(*value)};
  return {};
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kFloat:
    case Type::kNoJson:
      return "float";
    case Type::kString:
      break;
  }
  return "str";
}

YamlScalar string_scalar(std::string_view text) {
  YamlScalar scalar;
  append_json_string(scalar.json, text);
  scalar.key = text;
  return scalar;
}

// How much of the beginning, in whole words of eight bytes, is sure to need no escape.
std::size_t plain_words(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    // In the highest bit of each byte: it is a control character, '"' or '\\'. Carries only add some.
    const std::uint64_t control = (word - kOnes * 0x20) & ~word;
    const std::uint64_t found = control | has_zero(word ^ kOnes * '"') | has_zero(word ^ kOnes * '\\');
    if ((found & (kOnes << 7)) != 0) break;
  }
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t clean = 0;
  for (std::size_t i = plain_words(text); i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(clean, i - clean));
    clean = i + 1;
    if (c == '\n') {
      out.append("\\n");
    } else if (c < 0x20) {
      out.append("\\u00").append({kHex[c >> 4], kHex[c & 15]});
    } else {
      out.append({'\\', static_cast<char>(c)});
    }
  }
  out.append(text.substr(clean)).push_back('"');
}

Result<YamlScalar> resolve_yaml_scalar(std::string_view tag, std::string_view text) {
  const bool plain = tag.empty() || tag == "?";
  std::string_view wanted;
  if (!plain) {
    if (!tag.starts_with(kTagPrefix)) return string_scalar(text);
    wanted = tag.substr(kTagPrefix.size());
    if (wanted == "binary") return invalid("!!binary is not supported here");
    if (!is_one_of(wanted, {"bool", "int", "float", "null"})) return string_scalar(text);
  }
  Resolved resolved = resolve_plain(text);
  if (resolved.type == Type::kNoJson) {
    return invalid("\"" + std::string(text) + "\" is a number that JSON does not have");
  }
  const std::string_view type = type_name(resolved.type);
  if (!plain && type != wanted && !(wanted == "float" && type == "int")) {
    return invalid("\"" + std::string(text.substr(0, 64)) + "\" is no !!" + std::string(wanted));
  }
  if (resolved.type == Type::kString) return string_scalar(text);
  YamlScalar scalar;
  scalar.is_null = resolved.type == Type::kNull;
  scalar.key = resolved.json;
  scalar.json = std::move(resolved.json);
  return scalar;
}

}  // namespace kubevitals
