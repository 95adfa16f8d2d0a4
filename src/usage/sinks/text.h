// What several sinks' formats have in common.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usage/model/metric_set.h"

namespace kubevitals::usage {

inline void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

// A value that a text can hold: no format has infinity.
inline bool is_finite(const NamedValue& value) {
  return value.value_type == ValueType::kInt64 || std::isfinite(as_float(value.value));
}

// As Go's fmt prints it: %d, or %v of a float ("0.5", "1.37438953472e+11").
void append_go_value(std::string& out, const NamedValue& value);
// %d, or %f ("0.500000").
void append_fixed_value(std::string& out, const NamedValue& value);
// As Go's encoding/json writes it.
void append_json_value(std::string& out, const NamedValue& value);

// With the quotes; as Go's encoding/json writes it, which escapes <, > and & too.
void append_json_text(std::string& out, std::string_view text);

// "2026-01-01T00:02:00Z", with the fraction if there is one: what Go's JSON has for a time in UTC.
void append_json_time(std::string& out, Nanos time);

// The text with other characters in place of those for which `replace` does not return zero.
template <typename Replace>
void append_replaced(std::string& out, std::string_view text, Replace replace) {
  const std::size_t begin = out.size();
  out.append(text);
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (const char other = replace(out[i])) out[i] = other;
  }
}

// What std::isalnum is in the "C" locale, at a fraction of its cost.
inline bool is_ascii_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Characters that no line of text may hold.
inline bool is_blank_or_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

// The object's own labels, which the label "labels" has joined ("app:web,team:a"), in the order of their
// names. Views into `joined`.
std::vector<std::pair<std::string_view, std::string_view>> split_labels(std::string_view joined,
                                                                        std::string_view separator);

}  // namespace kubevitals::usage
