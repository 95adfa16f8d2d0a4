#include "kube/json_text.h"

#include <array>
#include <bit>
#include <cstring>
#include <optional>

namespace kubevitals::kube {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

std::optional<std::uint32_t> read_hex4(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// Reads what follows "\u"; returns the bytes used, 0 when malformed.
std::size_t append_unicode_escape(std::string& out, std::string_view rest) {
  const std::optional<std::uint32_t> unit = read_hex4(rest);
  if (!unit) {
    return 0;
  }
  if (*unit < 0xd800 || *unit > 0xdfff) {
    append_utf8(out, *unit);
    return 4;
  }
  if (*unit <= 0xdbff && rest.substr(4, 2) == "\\u") {
    const std::optional<std::uint32_t> low = read_hex4(rest.substr(6));
    if (low && *low >= 0xdc00 && *low <= 0xdfff) {
      append_utf8(out, 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00));
      return 10;
    }
  }
  append_utf8(out, kReplacement);
  return 4;
}

constexpr char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    ++at;
  }
  return at;
}

// What can end a stretch that a container scan may pass over.
constexpr std::array<bool, 256> make_stops() {
  std::array<bool, 256> stops{};
  for (const char c : {'"', '{', '}', '[', ']'}) {
    stops[static_cast<unsigned char>(c)] = true;
  }
  return stops;
}
constexpr std::array<bool, 256> kStops = make_stops();

// Whether any of eight bytes is `wanted`: exact for the lowest such byte, which has its high bit set in the
// result.
constexpr std::uint64_t match_bytes(std::uint64_t bytes, char wanted) {
  constexpr std::uint64_t kLow = 0x0101010101010101;
  const std::uint64_t zero_where_equal = bytes ^ (kLow * static_cast<unsigned char>(wanted));
  return (zero_where_equal - kLow) & ~zero_where_equal & (kLow << 7);
}

// Where the next quote or backslash is; text.size() when there is none. Strings are two thirds of what an API
// server sends, so they are passed over eight bytes at a time.
std::size_t find_quote_or_backslash(std::string_view text, std::size_t at) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text.data() + at, 8);
      if (const std::uint64_t match = match_bytes(bytes, '"') | match_bytes(bytes, '\\')) {
        return at + static_cast<std::size_t>(std::countr_zero(match)) / 8;
      }
    }
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\') {
    ++at;
  }
  return at;
}

// The place of the quote that ends a string, or text.size(); `escaped` is kept from piece to piece.
std::size_t skip_string(std::string_view text, std::size_t at, bool& escaped) {
  while (at < text.size()) {
    if (escaped) {
      escaped = false;
      ++at;
      continue;
    }
    at = find_quote_or_backslash(text, at);
    if (at == text.size() || text[at] == '"') {
      break;
    }
    escaped = true;
    ++at;
  }
  return at;
}

bool ends_scalar(char c) {
  return c == ',' || c == ']' || c == '}' || c == ':' || is_json_space(c);
}

}  // namespace

bool append_unescaped(std::string& out, std::string_view inside) {
  while (!inside.empty()) {
    const std::size_t backslash = inside.find('\\');
    out.append(inside.substr(0, backslash));
    if (backslash == std::string_view::npos) {
      return true;
    }
    inside.remove_prefix(backslash + 1);
    if (inside.empty()) {
      return false;
    }
    std::size_t used = 1;
    if (inside.front() == 'u') {
      used = append_unicode_escape(out, inside.substr(1));
      if (used == 0) {
        return false;
      }
      ++used;
    } else if (const char c = simple_escape(inside.front())) {
      out += c;
    } else {
      return false;
    }
    inside.remove_prefix(used);
  }
  return true;
}

bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = at;
  at = skip_digits(text, at);
  if (at == whole || (text[whole] == '0' && at - whole > 1)) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    at = skip_digits(text, at);
    if (at == fraction) {
      return false;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      ++at;
    }
    const std::size_t exponent = at;
    at = skip_digits(text, at);
    if (at == exponent) {
      return false;
    }
  }
  return at == text.size();
}

void JsonValueScanner::start(char first) {
  if (first == '"') {
    state_ = State::kString;
  } else if (first == '{' || first == '[') {
    state_ = State::kNested;
    depth_ = 1;
  } else {
    state_ = State::kScalar;
  }
}

std::size_t JsonValueScanner::scan(std::string_view text) {
  std::size_t at = 0;
  if (state_ == State::kStart && !text.empty()) {
    start(text[0]);
    at = 1;
  }
  while (at < text.size() && state_ != State::kDone) {
    if (state_ == State::kString) {
      at = skip_string(text, at, escaped_);
      if (at < text.size()) {
        ++at;  // the quote
        state_ = depth_ == 0 ? State::kDone : State::kNested;
      }
    } else if (state_ == State::kScalar) {
      if (ends_scalar(text[at])) {
        state_ = State::kDone;
      } else {
        ++at;
      }
    } else {
      const char c = text[at++];
      if (!kStops[static_cast<unsigned char>(c)]) {
        continue;
      }
      if (c == '"') {
        state_ = State::kString;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (--depth_ == 0) {
        state_ = State::kDone;
      }
    }
  }
  return at;
}

}  // namespace kubevitals::kube
