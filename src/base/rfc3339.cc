#include "base/rfc3339.h"

#include <chrono>
#include <cstdio>

namespace kubevitals {
namespace {

// Reads fixed-width fields from the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool literal(char expected) {
    if (text_.empty() || text_[0] != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool number(std::size_t width, int low, int high, int& value) {
    if (text_.size() < width) return false;
    value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(width);
    return value >= low && value <= high;
  }
  // ".5" and so on: nanoseconds; what is finer is cut off.
  bool fraction(std::int32_t& nanos) {
    nanos = 0;
    std::size_t digits = 0;
    for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
      if (digits < 9) nanos = nanos * 10 + (text_[digits] - '0');
    }
    for (std::size_t i = digits; i < 9; ++i) nanos *= 10;
    text_.remove_prefix(digits);
    return digits > 0;
  }
  bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

bool read_offset(Cursor& cursor, int& offset_seconds) {
  offset_seconds = 0;
  if (cursor.literal('Z')) return true;
  int sign = 1;
  if (cursor.literal('-')) {
    sign = -1;
  } else if (!cursor.literal('+')) {
    return false;
  }
  int hours = 0;
  int minutes = 0;
  if (!cursor.number(2, 0, 24, hours) || !cursor.literal(':') || !cursor.number(2, 0, 60, minutes))
    return false;
  offset_seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

}  // namespace

Result<UnixTime> parse_rfc3339(std::string_view text) {
  const auto fail = [&] {
    return Error{ErrorCode::kInvalid, "cannot read time \"" + std::string(text.substr(0, 64)) +
                                          "\": expected RFC 3339, such as 2006-01-02T15:04:05Z"};
  };
  Cursor cursor(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0;
  UnixTime time;
  if (!cursor.number(4, 0, 9999, year) || !cursor.literal('-') || !cursor.number(2, 1, 12, month) ||
      !cursor.literal('-') || !cursor.number(2, 1, 31, day) || !cursor.literal('T') ||
      !cursor.number(2, 0, 23, hour) || !cursor.literal(':') || !cursor.number(2, 0, 59, minute) ||
      !cursor.literal(':') || !cursor.number(2, 0, 59, second)) {
    return fail();
  }
  if (cursor.literal('.') && !cursor.fraction(time.nanos)) return fail();
  if (!read_offset(cursor, offset) || !cursor.done()) return fail();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return fail();
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  time.seconds = days * 86'400 + hour * 3'600 + minute * 60 + second - offset;
  return time;
}

std::string format_rfc3339(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace kubevitals
