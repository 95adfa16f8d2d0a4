// Text as Go's standard library treats it: the incumbents' outcomes are compared to the letter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kubevitals {

struct Rune {
  char32_t value = 0;
  std::size_t bytes = 0;
  bool valid = true;
};

// The first character of a text that is not empty. A byte that does not begin a valid one is U+FFFD, one byte
// long and not valid; surrogates and forms that are longer than needed are not valid.
Rune decode_rune(std::string_view text);
void append_rune(std::string& out, char32_t rune);

// strings.ToValidUTF8 with U+FFFD, but one for each bad byte: what a range over the text sees.
std::string repair_utf8(std::string_view text);

// unicode.IsLetter and unicode.IsDigit.
bool is_letter(char32_t rune);
bool is_digit(char32_t rune);

// strings.ToLower and strings.ToUpper: each character by itself, so that "ß" stays what it is. Bytes that are
// no UTF-8 become U+FFFD where the text is not plain ASCII.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// strconv.Quote, which is what %q prints.
std::string go_quote(std::string_view text);

}  // namespace kubevitals
