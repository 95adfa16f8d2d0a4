// RFC 3339 time stamps, as metav1.Time reads and writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals {

struct UnixTime {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
};

// Reads "2017-07-14T02:40:00Z", fractions of a second and numeric offsets; kInvalid otherwise.
Result<UnixTime> parse_rfc3339(std::string_view text);

// Writes whole seconds in UTC: "2017-07-14T02:40:00Z".
std::string format_rfc3339(std::int64_t seconds);

}  // namespace kubevitals
