#include "base/utf8.h"

namespace kubevitals {
namespace {

bool is_between(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

// The length of the character at the beginning of `text`, which is not empty; 0 when it is none.
// The ranges of the second byte are those of table 3-7 of the Unicode standard.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) -> unsigned char {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
  };
  const auto continues = [&](std::size_t at) { return is_between(byte(at), 0x80, 0xBF); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (is_between(first, 0xC2, 0xDF)) return continues(1) ? 2 : 0;
  if (is_between(first, 0xE0, 0xEF)) {
    const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : 0xBF;
    return is_between(byte(1), low, high) && continues(2) ? 3 : 0;
  }
  if (is_between(first, 0xF0, 0xF4)) {
    const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return is_between(byte(1), low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace kubevitals
