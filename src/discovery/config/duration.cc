#include "discovery/config/duration.h"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <system_error>

namespace kubevitals::discovery {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t milliseconds;
  bool only_without_rest;  // when printing
};

constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

constexpr Unit kUnits[] = {
    {"y", 365 * kDay, true}, {"w", 7 * kDay, true}, {"d", kDay, false}, {"h", kHour, false},
    {"m", kMinute, false},   {"s", kSecond, false}, {"ms", 1, false},
};

// Go keeps nanoseconds in 63 bits.
constexpr std::uint64_t kMaxMilliseconds = std::numeric_limits<std::int64_t>::max() / 1'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string quote(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

}  // namespace

Result<std::chrono::milliseconds> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return invalid("empty duration string");
  const auto malformed = [&] { return invalid("not a valid duration string: " + quote(text)); };

  std::string_view rest = text;
  std::uint64_t total = 0;
  const Unit* next = std::begin(kUnits);  // the largest unit that may still come
  while (!rest.empty()) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error != std::errc()) return malformed();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t length = 0;
    while (length < rest.size() && !is_digit(rest[length])) ++length;
    if (length == 0) return malformed();
    const std::string_view name = rest.substr(0, length);
    rest.remove_prefix(length);

    const Unit* unit = std::begin(kUnits);
    while (unit != std::end(kUnits) && unit->name != name) ++unit;
    if (unit == std::end(kUnits)) {
      return invalid("unknown unit " + quote(name) + " in duration " + quote(text));
    }
    if (unit < next) return malformed();
    next = unit + 1;
    if (count > kMaxMilliseconds / unit->milliseconds ||
        total + count * unit->milliseconds > kMaxMilliseconds) {
      return invalid("duration out of range: " + quote(text));
    }
    total += count * unit->milliseconds;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::string format_prometheus_duration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  const bool negative = duration.count() < 0;
  std::uint64_t rest = static_cast<std::uint64_t>(duration.count());
  if (negative) rest = -rest;
  std::string text = negative ? "-" : "";
  for (const Unit& unit : kUnits) {
    if (unit.only_without_rest && rest % unit.milliseconds != 0) continue;
    if (rest < unit.milliseconds) continue;
    text.append(std::to_string(rest / unit.milliseconds)).append(unit.name);
    rest %= unit.milliseconds;
  }
  return text;
}

bool read_duration(YamlMapping& mapping, std::string_view key, std::chrono::milliseconds& out) {
  const YamlValue value = mapping.get(key);
  if (value.is_missing()) return false;
  if (value.is_null()) {
    out = std::chrono::milliseconds(0);
    return true;
  }
  std::string text;
  if (!value.read(text)) return true;
  if (const auto duration = parse_prometheus_duration(text)) {
    out = *duration;
  } else {
    value.complain(duration.error().message);
  }
  return true;
}

}  // namespace kubevitals::discovery
