// What is UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace kubevitals {

// The bytes of the longest beginning of `text` that is valid UTF-8 (RFC 3629: shortest forms, no surrogates,
// nothing above U+10FFFF).
std::size_t utf8_prefix(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return utf8_prefix(text) == text.size();
}

}  // namespace kubevitals
