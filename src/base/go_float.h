// Numbers as Go's strconv prints them: the incumbents' output is compared to the letter.
#pragma once

#include <cstdint>
#include <string>

namespace kubevitals {

// Appends `value` as Go's strconv.AppendFloat(value, 'g', -1, 64) does: the shortest digits that read back
// the same; exponent form below 1e-4 and from 1e+06 upward (999999, 1e+06, 1.234567e+06) with at least two
// exponent digits; "NaN", "+Inf", "-Inf". This is how sample values are written.
void append_go_float(std::string& out, double value);

// The same for a whole number (it is converted to double first, as the incumbents do).
void append_go_float(std::string& out, std::int64_t value);

}  // namespace kubevitals
