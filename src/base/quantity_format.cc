#include "base/quantity_format.h"

#include <charconv>
#include <cstddef>
#include <string_view>

namespace kubevitals {
namespace {

constexpr std::string_view kDecimalSuffixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
constexpr std::string_view kBinarySuffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

}  // namespace

void append_decimal_quantity(std::string& out, std::int64_t value, int exponent) {
  if (value == 0) {
    out.push_back('0');
    return;
  }
  while (value % 10 == 0) {
    value /= 10;
    ++exponent;
  }
  // Suffixes stand for every third power of ten only; the digits make up for the rest.
  const int from_nano = exponent + 9;
  append_integer(out, value);
  out.append(static_cast<std::size_t>(from_nano % 3), '0');
  out.append(kDecimalSuffixes[static_cast<std::size_t>(from_nano / 3)]);
}

void append_binary_quantity(std::string& out, std::int64_t value) {
  if (value > -1024 && value < 1024) {
    append_decimal_quantity(out, value, 0);
    return;
  }
  std::size_t suffix = 0;
  while (value % 1024 == 0) {
    value /= 1024;
    ++suffix;
  }
  append_integer(out, value);
  out.append(kBinarySuffixes[suffix]);
}

}  // namespace kubevitals
