// Times in request parameters.
#pragma once

#include <string_view>

#include "base/result.h"
#include "usage/model/table.h"

namespace kubevitals::usage {

// An RFC 3339 time; kInvalid with what Go's time.Parse says about it, word for word. Times that do not fit
// are the earliest or the latest.
Result<Nanos> parse_time_parameter(std::string_view text);

}  // namespace kubevitals::usage
