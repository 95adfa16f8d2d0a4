#include "base/quantity.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace kubevitals {
namespace {

using boost::multiprecision::cpp_int;

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxLength = 1024;  // far beyond any sensible quantity; bounds the work on hostile ones
constexpr int kNanoDigits = 9;            // nothing finer than nano is represented

struct Suffix {
  bool binary = false;
  std::int32_t exponent = 0;  // of ten, or of two
};

// The number's parts as written; views into the text.
struct Parts {
  bool negative = false;
  bool has_digits = false;     // at least one, leading zeros included
  std::string_view numerator;  // without leading zeros, "0" for none
  std::string_view denominator;
  Suffix suffix;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Suffix> interpret_suffix(std::string_view suffix) {
  struct Known {
    std::string_view text;
    Suffix meaning;
  };
  static constexpr Known kKnown[] = {
      {"", {false, 0}},   {"n", {false, -9}}, {"u", {false, -6}}, {"m", {false, -3}},
      {"k", {false, 3}},  {"M", {false, 6}},  {"G", {false, 9}},  {"T", {false, 12}},
      {"P", {false, 15}}, {"E", {false, 18}}, {"Ki", {true, 10}}, {"Mi", {true, 20}},
      {"Gi", {true, 30}}, {"Ti", {true, 40}}, {"Pi", {true, 50}}, {"Ei", {true, 60}},
  };
  for (const Known& known : kKnown) {
    if (known.text == suffix) return known.meaning;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  std::string_view digits = suffix.substr(1);
  if (digits[0] == '+') digits.remove_prefix(1);
  if (digits.empty() || digits[0] == '+') return std::nullopt;
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Suffix{false, static_cast<std::int32_t>(exponent)};
}

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<Parts> split(std::string_view text) {
  if (text.empty() || text.size() > kMaxLength) return std::nullopt;
  Parts parts;
  if (text[0] == '-' || text[0] == '+') {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  parts.has_digits = !text.empty() && text[0] == '0';
  while (!text.empty() && text[0] == '0') text.remove_prefix(1);
  parts.numerator = take_digits(text);
  parts.has_digits = parts.has_digits || !parts.numerator.empty();
  if (parts.numerator.empty()) parts.numerator = "0";
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    parts.denominator = take_digits(text);
    parts.has_digits = parts.has_digits || !parts.denominator.empty();
  }
  const auto suffix = interpret_suffix(text);
  if (!suffix) return std::nullopt;
  parts.suffix = *suffix;
  return parts;
}

// value * 10^digits. Beyond an int64 the incumbent's helper wraps around for the powers of ten that have a
// name (10, 100, k, M, G) and gives 0 for the others.
std::int64_t scale_up(std::int64_t value, std::int64_t digits) {
  if (value == 0) return 0;
  const bool wraps = digits <= 3 || digits == 6 || digits == 9;
  for (; digits > 0; --digits) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) && !wraps) return 0;
  }
  return value;
}

// a / 10^digits, away from zero.
std::int64_t scale_down(std::int64_t value, std::int64_t digits) {
  bool fraction = false;
  const std::int64_t sign = value > 0 ? 1 : -1;
  for (; digits > 0; --digits) {
    fraction = fraction || value % 10 != 0;
    value /= 10;
    if (value == 0) return fraction ? sign : 0;
  }
  return fraction ? value + sign : value;
}

// The way of most quantities: all digits fit an int64. `unit_digits` is 0 for whole units, 3 for thousandths.
std::optional<std::int64_t> scaled_fast(const Parts& parts, int unit_digits) {
  const auto digits = static_cast<int>(parts.numerator.size() + parts.denominator.size());
  std::int64_t mantissa = 1;
  std::int64_t scale = 0;
  if (parts.suffix.binary) {
    if (!parts.denominator.empty()) return std::nullopt;
    if (15 - digits - parts.suffix.exponent * 3 / 10 - 1 < 0) return std::nullopt;
    mantissa = std::int64_t{1} << parts.suffix.exponent;
  } else {
    if (digits > 18) return std::nullopt;
    scale = std::int64_t{parts.suffix.exponent} - static_cast<std::int64_t>(parts.denominator.size());
    if (scale < -kNanoDigits) return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : parts.numerator) value = value * 10 + (c - '0');
  for (const char c : parts.denominator) value = value * 10 + (c - '0');
  if (__builtin_mul_overflow(value, mantissa, &value)) return std::nullopt;
  if (parts.negative) value = -value;
  scale += unit_digits;
  return scale < 0 ? scale_down(value, -scale) : scale_up(value, scale);
}

// The low 64 bits, as big.Int's Int64 gives them.
std::int64_t low_bits(const cpp_int& value) {
  const auto bits = static_cast<std::uint64_t>(abs(value) & std::numeric_limits<std::uint64_t>::max());
  return static_cast<std::int64_t>(value < 0 ? ~bits + 1 : bits);
}

// Numbers of any length, in nano; rounded away from zero.
std::optional<cpp_int> to_nano(const Parts& parts) {
  std::string digits(parts.numerator);
  digits.append(parts.denominator);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  cpp_int value(digits);
  if (value == 0) return value;
  std::int64_t scale = static_cast<std::int64_t>(parts.denominator.size());
  if (parts.suffix.binary) {
    value <<= parts.suffix.exponent;
  } else {
    scale -= parts.suffix.exponent;
  }
  const std::int64_t shift = kNanoDigits - scale;
  // Beyond 2^64 in the number of trailing factors of two: its low bits are all zero, whatever the digits are.
  if (shift > 128) return std::nullopt;
  if (shift >= 0) return value * pow(cpp_int(10), static_cast<unsigned>(shift));
  if (-shift > static_cast<std::int64_t>(kMaxLength + 64)) return cpp_int(1);
  const cpp_int divisor = pow(cpp_int(10), static_cast<unsigned>(-shift));
  cpp_int quotient = value / divisor;
  if (quotient * divisor != value) ++quotient;
  return quotient;
}

std::int64_t scaled_slow(const Parts& parts, int unit_digits) {
  const std::optional<cpp_int> magnitude = to_nano(parts);
  if (!magnitude) return 0;
  if (parts.suffix.binary && *magnitude > cpp_int(kMaxInt64) * 1'000'000'000) {
    // Capped, then scaled with an int64's wrap-around, as the incumbent does.
    const auto capped = static_cast<std::uint64_t>(parts.negative ? -kMaxInt64 : kMaxInt64);
    return static_cast<std::int64_t>(capped * (unit_digits == 3 ? 1000u : 1u));
  }
  const cpp_int nano = parts.negative ? -*magnitude : *magnitude;
  const cpp_int divisor = pow(cpp_int(10), static_cast<unsigned>(kNanoDigits - unit_digits));
  if (nano < kMaxInt64) {
    const std::int64_t value = low_bits(nano);
    const auto small_divisor = static_cast<std::int64_t>(divisor);
    return value / small_divisor + (value % small_divisor != 0 ? 1 : 0);
  }
  const cpp_int quotient = nano / divisor;
  return low_bits(quotient) + (quotient * divisor != nano ? 1 : 0);
}

Result<std::int64_t> scaled(std::string_view text, int unit_digits) {
  const std::optional<Parts> parts = split(text);
  if (parts) {
    if (const auto value = scaled_fast(*parts, unit_digits)) return *value;
    // Only this way looks whether there are digits: "Ki" is zero, "Pi" is not a number.
    if (parts->has_digits) return scaled_slow(*parts, unit_digits);
  }
  return Error{ErrorCode::kInvalid, "cannot read quantity \"" + std::string(text.substr(0, 64)) +
                                        "\": not a number with a known suffix"};
}

}  // namespace

Result<double> quantity_to_milli(std::string_view text) {
  const Result<std::int64_t> value = scaled(text, 3);
  if (!value) return value.error();
  return static_cast<double>(*value) / 1000;
}

Result<double> quantity_to_whole(std::string_view text) {
  const Result<std::int64_t> value = scaled(text, 0);
  if (!value) return value.error();
  return static_cast<double>(*value);
}

}  // namespace kubevitals
