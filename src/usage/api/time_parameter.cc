#include "usage/api/time_parameter.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/go_text.h"
#include "base/rfc3339.h"

namespace kubevitals::usage {
namespace {

bool is_digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

// A part of Go's layout "2006-01-02T15:04:05Z07:00": what stands before it, and how it is read.
struct Part {
  std::string_view before;
  std::string_view layout;
  int digits;
  int most;
  const char* name;  // of what is out of range; null: any number is in it
};

constexpr Part kParts[] = {{"", "2006", 4, 9999, nullptr}, {"-", "01", 2, 12, "month"},
                           {"-", "02", 2, 31, "day"},      {"T", "15", 2, 23, "hour"},
                           {":", "04", 2, 59, "minute"},   {":", "05", 2, 59, "second"}};

// Why Go does not take the text, which is known not to be a time.
std::string complaint(std::string_view text) {
  const std::string value = go_quote(text);
  const auto cannot = [&](std::string_view rest, std::string_view layout) {
    return value + " as \"2006-01-02T15:04:05Z07:00\": cannot parse " + go_quote(rest) + " as " +
           go_quote(layout);
  };
  std::string_view rest = text;
  for (const Part& part : kParts) {
    if (!rest.starts_with(part.before)) return cannot(rest, part.before);
    rest.remove_prefix(part.before.size());
    int number = 0;
    for (int i = 0; i < part.digits; ++i) {
      if (!is_digit_at(rest, static_cast<std::size_t>(i))) return cannot(rest, part.layout);
      number = number * 10 + (rest[static_cast<std::size_t>(i)] - '0');
    }
    if (part.name != nullptr && (number > part.most || (part.most == 12 && number == 0))) {
      return value + ": " + part.name + " out of range";
    }
    rest.remove_prefix(static_cast<std::size_t>(part.digits));
  }
  if (rest.starts_with('.') && is_digit_at(rest, 1)) {
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  }
  if (rest.starts_with('Z')) {
    rest.remove_prefix(1);
  } else {
    const bool offset = rest.size() >= 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
                        is_digit_at(rest, 1) && is_digit_at(rest, 2) && is_digit_at(rest, 4) &&
                        is_digit_at(rest, 5);
    if (!offset) return cannot(rest, "Z07:00");
    rest.remove_prefix(6);
  }
  if (!rest.empty()) return value + ": extra text: " + go_quote(rest);
  return value + ": day out of range";
}

}  // namespace

Result<Nanos> parse_time_parameter(std::string_view text) {
  const Result<UnixTime> time = parse_rfc3339(text);
  if (!time) return Error{ErrorCode::kInvalid, "parsing time " + complaint(text.substr(0, 256))};
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMost = std::numeric_limits<Nanos>::max() / kSecond - 1;
  return std::clamp(time->seconds, -kMost, kMost) * kSecond + time->nanos;
}

}  // namespace kubevitals::usage
