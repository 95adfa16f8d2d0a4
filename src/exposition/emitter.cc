#include "exposition/emitter.h"

#include <cstring>

#include "base/go_float.h"

namespace kubevitals::exposition {
namespace {

// What a line needs at most behind its labels: "} ", a value, a newline. The longest value is a negative
// number with 17 digits and a three-digit exponent; in plain form there are at most 4 + 17 characters.
constexpr std::size_t kMaxTail = 48;

constexpr std::uint64_t repeat(unsigned char byte) {
  return 0x0101010101010101u * byte;
}

// Whether one of the eight bytes equals that of the pattern. May be wrong only by saying yes.
constexpr bool has_byte(std::uint64_t bytes, std::uint64_t pattern) {
  const std::uint64_t difference = bytes ^ pattern;
  return ((difference - repeat(0x01)) & ~difference & repeat(0x80)) != 0;
}

bool is_special(char c) {
  return c == '\\' || c == '\n' || c == '"';
}

// Whether a value has to be escaped. Eight bytes at a time: nearly every value is clean, and there are some
// hundred of them in a pod's text.
bool needs_escaping(std::string_view value) {
  const char* cursor = value.data();
  std::size_t left = value.size();
  for (; left >= 8; cursor += 8, left -= 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, cursor, sizeof bytes);
    if (has_byte(bytes, repeat('\\')) || has_byte(bytes, repeat('\n')) || has_byte(bytes, repeat('"'))) {
      return true;
    }
  }
  for (; left > 0; ++cursor, --left) {
    if (is_special(*cursor)) return true;
  }
  return false;
}

char* put(char* cursor, std::string_view text) {
  if (!text.empty()) std::memcpy(cursor, text.data(), text.size());
  return cursor + text.size();
}

// Needs twice the value's size of room.
char* put_escaped(char* cursor, std::string_view value) {
  if (!needs_escaping(value)) return put(cursor, value);
  for (const char c : value) {
    if (is_special(c)) *cursor++ = '\\';
    *cursor++ = c == '\n' ? 'n' : c;
  }
  return cursor;
}

char* put_label(char* cursor, const Label& label) {
  cursor = put(cursor, label.first);
  *cursor++ = '=';
  *cursor++ = '"';
  cursor = put_escaped(cursor, label.second);
  *cursor++ = '"';
  return cursor;
}

// The bytes that put_label() and a comma need at most.
std::size_t max_size(const Label& label) {
  return label.first.size() + 2 * label.second.size() + 4;
}

}  // namespace

void append_escaped_label_value(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  out.resize(begin + 2 * value.size());
  const char* end = put_escaped(out.data() + begin, value);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void Emitter::set_base_labels(std::initializer_list<Label> labels) {
  std::size_t room = 0;
  for (const Label& label : labels) room += max_size(label);
  base_labels_.resize(room);
  char* cursor = base_labels_.data();
  for (const Label& label : labels) {
    if (cursor != base_labels_.data()) *cursor++ = ',';
    cursor = put_label(cursor, label);
  }
  base_labels_.resize(static_cast<std::size_t>(cursor - base_labels_.data()));
}

void Emitter::set_family(std::string_view name) {
  line_start_.assign(name);
  if (!base_labels_.empty()) line_start_.append("{").append(base_labels_);
}

char* Emitter::begin_line(std::span<const Label> labels, std::size_t extra) {
  std::size_t room = line_start_.size() + extra + kMaxTail;
  for (const Label& label : labels) room += max_size(label);
  const std::size_t begin = out_.size();
  out_.resize(begin + room);
  char* cursor = put(out_.data() + begin, line_start_);
  bool first = base_labels_.empty();
  for (const Label& label : labels) {
    *cursor++ = first ? '{' : ',';
    cursor = put_label(cursor, label);
    first = false;
  }
  return cursor;
}

void Emitter::end_line(char* cursor, bool has_labels, double value) {
  if (has_labels) *cursor++ = '}';
  *cursor++ = ' ';
  // Most values are 0 or 1. A negative zero is written without its sign, as the incumbent does.
  if (value == 0 || value == 1) {
    *cursor++ = value == 0 ? '0' : '1';
    *cursor++ = '\n';
    out_.resize(static_cast<std::size_t>(cursor - out_.data()));
    return;
  }
  out_.resize(static_cast<std::size_t>(cursor - out_.data()));
  append_go_float(out_, value);
  out_.push_back('\n');
}

void Emitter::sample(std::span<const Label> labels, double value) {
  if (out_.size() >= kMaxTextBytes) return;
  char* cursor = begin_line(labels, 0);
  end_line(cursor, !labels.empty() || !base_labels_.empty(), value);
}

void Emitter::condition(std::initializer_list<Label> labels, std::string_view name, std::string_view status) {
  static constexpr std::pair<std::string_view, std::string_view> kStatuses[] = {
      {"True", "true"}, {"False", "false"}, {"Unknown", "unknown"}};
  if (out_.size() >= kMaxTextBytes) return;
  for (const auto& [wanted, text] : kStatuses) {
    const Label last{name, text};
    char* cursor = begin_line(std::span<const Label>(labels.begin(), labels.size()), max_size(last));
    *cursor++ = labels.size() == 0 && base_labels_.empty() ? '{' : ',';
    cursor = put_label(cursor, last);
    end_line(cursor, true, status == wanted ? 1 : 0);
  }
}

}  // namespace kubevitals::exposition
