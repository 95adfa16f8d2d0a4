#include "base/go_text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <iterator>

namespace kubevitals {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

utf8proc_category_t category(char32_t rune) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(rune));
}

// Letters, marks, numbers, punctuation, symbols and the plain space: unicode.IsPrint.
bool is_print(char32_t rune) {
  const utf8proc_category_t kind = category(rune);
  return rune == ' ' || (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_SO);
}

char32_t lower(char32_t rune) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(rune)));
}

// "ß" has an upper case of its own in utf8proc, but not in Unicode's simple mapping.
char32_t upper(char32_t rune) {
  return rune == 0xDF ? rune : static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(rune)));
}

template <typename Map>
std::string map_runes(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    append_rune(out, map(rune.value));
    text.remove_prefix(rune.bytes);
  }
  return out;
}

}  // namespace

Rune decode_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const Rune invalid{kReplacement, 1, false};
  if (first < 0xC2 || first > 0xF4) return invalid;
  char32_t value = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    value = value << 6 | (byte(i) & 0x3F);
  }
  const bool too_long = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (too_long || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return invalid;
  return {value, size, true};
}

void append_rune(std::string& out, char32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
    return;
  }
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(rune), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::string repair_utf8(std::string_view text) {
  return map_runes(text, [](char32_t rune) { return rune; });
}

bool is_letter(char32_t rune) {
  const utf8proc_category_t kind = category(rune);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_digit(char32_t rune) {
  return category(rune) == UTF8PROC_CATEGORY_ND;
}

std::string to_lower(std::string_view text) {
  if (!is_ascii(text)) return map_runes(text, lower);
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

std::string to_upper(std::string_view text) {
  if (!is_ascii(text)) return map_runes(text, upper);
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

std::string go_quote(std::string_view text) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  const auto put = std::back_inserter(out);
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    const std::size_t known =
        rune.value < 0x80 ? kEscaped.find(static_cast<char>(rune.value)) : std::string_view::npos;
    if (!rune.valid) {
      fmt::format_to(put, "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (known != std::string_view::npos) {
      out.append("\\").append(1, kLetters[known]);
    } else if (is_print(rune.value)) {
      append_rune(out, rune.value);
    } else if (rune.value < 0x20 || rune.value == 0x7F) {
      fmt::format_to(put, "\\x{:02x}", static_cast<std::uint32_t>(rune.value));
    } else if (rune.value < 0x10000) {
      fmt::format_to(put, "\\u{:04x}", static_cast<std::uint32_t>(rune.value));
    } else {
      fmt::format_to(put, "\\U{:08x}", static_cast<std::uint32_t>(rune.value));
    }
    text.remove_prefix(rune.bytes);
  }
  return out += '"';
}

}  // namespace kubevitals
