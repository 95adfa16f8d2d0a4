#include "discovery/config/byte_size.h"

#include <cmath>
#include <limits>
#include <optional>

#include "base/go_text.h"

namespace kubevitals::discovery {
namespace {

Error invalid_size(std::string cause, std::string_view text) {
  return Error{ErrorCode::kInvalid, std::move(cause) + " in size " + go_quote(text)};
}

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

// The digits at the beginning, taken off; nothing when the number is too big for 63 bits.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t& digits) {
  std::int64_t number = 0;
  digits = 0;
  while (digits < text.size() && is_decimal(text[digits])) {
    const int digit = text[digits] - '0';
    if (number > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
    ++digits;
  }
  text.remove_prefix(digits);
  return number;
}

// 1024 to the power that a unit means; nothing when it is none. `suffix` is "B" or "iB".
std::optional<double> unit_value(std::string_view unit, std::string_view suffix) {
  if (unit == "B") return 1;
  if (!unit.ends_with(suffix)) return std::nullopt;
  unit.remove_suffix(suffix.size());
  const std::size_t power = std::string_view("KMGTPE").find(unit);
  if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  return std::ldexp(1.0, 10 * static_cast<int>(power + 1));
}

Result<std::int64_t> parse_with(std::string_view text, std::string_view suffix) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::int64_t{0};
  if (rest.empty()) return invalid_size("no number", text);
  double total = 0;
  while (!rest.empty()) {
    std::size_t digits = 0;
    std::size_t decimals = 0;
    const auto whole = take_number(rest, digits);
    if (!whole) return invalid_size("a number that is too big", text);
    double number = static_cast<double>(*whole);
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      const auto fraction = take_number(rest, decimals);
      if (!fraction) return invalid_size("a number that is too long", text);
      number += static_cast<double>(*fraction) / std::pow(10.0, static_cast<double>(decimals));
    }
    if (digits + decimals == 0) return invalid_size("no number", text);
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !is_decimal(rest[length])) ++length;
    const auto unit = unit_value(rest.substr(0, length), suffix);
    if (!unit) return invalid_size("unknown unit " + go_quote(rest.substr(0, length)), text);
    total += number * *unit;
    rest.remove_prefix(length);
  }
  if (total >= 0x1p63) return invalid_size("a number that is too big", text);
  const auto bytes = static_cast<std::int64_t>(total);
  return negative ? -bytes : bytes;
}

}  // namespace

Result<std::int64_t> parse_byte_size(std::string_view text) {
  // Both kinds of names, but not in one text.
  if (auto size = parse_with(text, "iB")) return size;
  return parse_with(text, "B");
}

bool read_byte_size(YamlMapping& mapping, std::string_view key, std::int64_t& out) {
  const YamlValue value = mapping.get(key);
  if (value.is_missing()) return false;
  if (value.is_null()) {
    out = 0;
    return true;
  }
  std::string text;
  if (!value.read(text)) return true;
  if (const auto size = parse_byte_size(text)) {
    out = *size;
  } else {
    value.complain(size.error().message);
  }
  return true;
}

}  // namespace kubevitals::discovery
