// Durations as Go writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals {

// "1m30s", "250ms", "-1.5h", "0": what Go's time.ParseDuration takes. kInvalid otherwise, also when it is
// more than 292 years.
Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

// Appends what time.Duration.String() gives: "1m0s", "59.998s", "1.5ms", "0s".
void append_go_duration(std::string& out, std::chrono::nanoseconds duration);

}  // namespace kubevitals
