// The members of a JSON object that arrives in pieces.
#pragma once

#include <string>
#include <string_view>

#include "kube/json_text.h"
#include "kube/stream_buffer.h"

namespace kubevitals::kube {

// Steps from value to value; the caller reads, or passes over, each value itself. It stops at the first byte
// that JSON does not allow there.
class JsonMemberScanner final {
 public:
  enum class Step { kNeedMore, kValue, kEnd, kBad };

  // Before the object's opening brace, which white space may precede.
  void begin() { *this = {}; }

  // Goes on to the next value (kValue: buffer.ahead() begins with it) or over the closing brace (kEnd). To be
  // called again after kNeedMore with more input, and after kValue when the value has been advanced over.
  Step step(StreamBuffer& buffer);

  // Of the value, without escapes.
  const std::string& key() const { return key_; }
  // Nothing of the object has come yet.
  bool at_start() const { return state_ == State::kBrace; }

 private:
  enum class State { kBrace, kFirstKey, kNextKey, kKey, kColon, kBeforeValue, kAtValue, kAfterValue };

  bool accept(char c, StreamBuffer& buffer);
  bool finish_key(std::string_view quoted);

  State state_ = State::kBrace;
  JsonValueScanner key_scanner_;
  std::string raw_key_;
  std::string key_;
};

// Advances over white space; false when nothing else is there.
bool skip_json_space(StreamBuffer& buffer);

// Advances over (the rest of) a value; whether it ends in what is there.
bool scan_json_value(StreamBuffer& buffer, JsonValueScanner& scanner);

}  // namespace kubevitals::kube
