#include "base/go_duration.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>

namespace kubevitals {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
// The microsecond's sign may be U+00B5 or U+03BC.
constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3}, {"\u00b5s", 1e3}, {"\u03bcs", 1e3},
                           {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},      {"h", 3600e9}};

constexpr std::string_view kNumber = "0123456789.";

}  // namespace

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  const auto bad = [text] {
    return Error{
        ErrorCode::kInvalid,
        std::string("cannot read duration \"").append(text).append("\": expected one such as 30s or 1m30s")};
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return bad();
  double total = 0;
  while (!rest.empty()) {
    if (kNumber.find(rest.front()) == kNumber.npos) return bad();
    double number = 0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (error != std::errc()) return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::size_t length = std::min(rest.find_first_of(kNumber), rest.size());
    const auto* const unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& known) {
      return known.name == rest.substr(0, length);
    });
    if (unit == std::end(kUnits)) return bad();
    total += number * unit->nanoseconds;
    rest.remove_prefix(length);
  }
  if (!(total < 9.2e18)) return bad();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(negative ? -total : total)));
}

void append_go_duration(std::string& out, std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count < 0) out.push_back('-');
  const std::uint64_t nanos =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  // A number of units with the digits of what is left of one, but for zeros at the end.
  const auto append = [&out](std::uint64_t value, std::uint64_t unit, std::string_view name) {
    out.append(std::to_string(value / unit));
    std::string fraction = std::to_string(unit + value % unit).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (!fraction.empty()) out.append(".").append(fraction);
    out.append(name);
  };
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (nanos == 0) {
    out.append("0s");
  } else if (nanos < 1'000) {
    append(nanos, 1, "ns");
  } else if (nanos < 1'000'000) {
    append(nanos, 1'000, "\u00b5s");
  } else if (nanos < kSecond) {
    append(nanos, 1'000'000, "ms");
  } else {
    const std::uint64_t minutes = nanos / (60 * kSecond);
    if (minutes >= 60) out.append(std::to_string(minutes / 60)).append("h");
    if (minutes > 0) out.append(std::to_string(minutes % 60)).append("m");
    append(nanos % (60 * kSecond), kSecond, "s");
  }
}

}  // namespace kubevitals
