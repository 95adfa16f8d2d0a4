#include "base/go_float.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace kubevitals {
namespace {

// Go prints the exponent form from this decimal exponent upward when it looks for the shortest text.
constexpr int kExponentFrom = 6;
constexpr int kExponentBelow = -4;

// "d.ddde[+-]dd" taken apart.
struct Shortest {
  bool negative = false;
  char digits[32];
  int count = 0;
  int exponent = 0;
};

Shortest shortest_digits(double value) {
  Shortest shortest;
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const char* cursor = text;
  if (*cursor == '-') {
    shortest.negative = true;
    ++cursor;
  }
  for (; *cursor != 'e'; ++cursor) {
    if (*cursor != '.') shortest.digits[shortest.count++] = *cursor;
  }
  ++cursor;
  if (*cursor == '+') ++cursor;
  std::from_chars(cursor, end, shortest.exponent);
  return shortest;
}

void append_exponent_form(std::string& out, const Shortest& shortest) {
  out.push_back(shortest.digits[0]);
  if (shortest.count > 1) {
    out.push_back('.');
    out.append(shortest.digits + 1, static_cast<std::size_t>(shortest.count - 1));
  }
  out.push_back('e');
  out.push_back(shortest.exponent < 0 ? '-' : '+');
  const int magnitude = std::abs(shortest.exponent);
  if (magnitude < 10) out.push_back('0');
  out.append(std::to_string(magnitude));
}

void append_plain_form(std::string& out, const Shortest& shortest) {
  const auto count = static_cast<std::size_t>(shortest.count);
  if (shortest.exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-shortest.exponent - 1), '0');
    out.append(shortest.digits, count);
    return;
  }
  const auto whole = static_cast<std::size_t>(shortest.exponent) + 1;
  if (count <= whole) {
    out.append(shortest.digits, count).append(whole - count, '0');
    return;
  }
  out.append(shortest.digits, whole).push_back('.');
  out.append(shortest.digits + whole, count - whole);
}

}  // namespace

void append_go_float(std::string& out, double value) {
  // Nearly all samples are small whole numbers.
  if (value >= 0 && value < 1'000'000) {
    const auto whole = static_cast<std::uint32_t>(value);
    if (static_cast<double>(whole) == value && !std::signbit(value)) {
      if (whole < 10) {
        out.push_back(static_cast<char>('0' + whole));
        return;
      }
      char text[8];
      const auto end = std::to_chars(text, text + sizeof text, whole).ptr;
      out.append(text, end);
      return;
    }
  }
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  if (value == 0) {
    out.append("-0");
    return;
  }
  const Shortest shortest = shortest_digits(value);
  if (shortest.negative) out.push_back('-');
  if (shortest.exponent < kExponentBelow || shortest.exponent >= kExponentFrom) {
    append_exponent_form(out, shortest);
  } else {
    append_plain_form(out, shortest);
  }
}

void append_go_float(std::string& out, std::int64_t value) {
  append_go_float(out, static_cast<double>(value));
}

}  // namespace kubevitals
