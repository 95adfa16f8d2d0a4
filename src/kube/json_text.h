// Pieces of JSON text, for the decoder and for the streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kubevitals::kube {

// Appends what the inside of a JSON string stands for; false when an escape is malformed. Halves of surrogate
// pairs become U+FFFD, as in Go. Never appends more bytes than `inside` has.
bool append_unescaped(std::string& out, std::string_view inside);

// Whether the text is one JSON number and nothing else.
bool is_json_number(std::string_view text);

inline bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Finds where a JSON value ends, when the text comes in pieces. It looks at no more than quotes and brackets:
// what is between them is for the decoder to judge.
class JsonValueScanner final {
 public:
  // Before the first byte of a value.
  void begin() { *this = {}; }

  // Reads on; `text` starts where the last call ended. Returns how many of its bytes belong to the value.
  // Then done() says whether the value ends there; if not, all of `text` was used. (A number ends before the
  // next byte that cannot be part of it, thus never at the end of `text`.)
  std::size_t scan(std::string_view text);
  bool done() const { return state_ == State::kDone; }
  bool started() const { return state_ != State::kStart; }

 private:
  enum class State : std::uint8_t { kStart, kScalar, kNested, kString, kDone };

  void start(char first);

  State state_ = State::kStart;
  bool escaped_ = false;   // the last byte of a string was a backslash that counts
  std::size_t depth_ = 0;  // open brackets
};

}  // namespace kubevitals::kube
