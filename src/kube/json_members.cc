#include "kube/json_members.h"

namespace kubevitals::kube {

bool skip_json_space(StreamBuffer& buffer) {
  const std::string_view ahead = buffer.ahead();
  std::size_t spaces = 0;
  while (spaces < ahead.size() && is_json_space(ahead[spaces])) {
    ++spaces;
  }
  buffer.advance(spaces);
  return spaces < ahead.size();
}

bool scan_json_value(StreamBuffer& buffer, JsonValueScanner& scanner) {
  buffer.advance(scanner.scan(buffer.ahead()));
  return scanner.done();
}

JsonMemberScanner::Step JsonMemberScanner::step(StreamBuffer& buffer) {
  if (state_ == State::kAtValue) {
    state_ = State::kAfterValue;
  }
  while (true) {
    if (state_ == State::kKey) {
      const std::string_view ahead = buffer.ahead();
      const std::size_t used = key_scanner_.scan(ahead);
      raw_key_.append(ahead.substr(0, used));
      buffer.advance(used);
      if (!key_scanner_.done()) {
        return Step::kNeedMore;
      }
      if (!finish_key(raw_key_)) {
        return Step::kBad;
      }
      state_ = State::kColon;
    }
    if (!skip_json_space(buffer)) {
      return Step::kNeedMore;
    }
    const char c = buffer.ahead().front();
    if (state_ == State::kBeforeValue) {
      state_ = State::kAtValue;
      const bool value_can_begin = c != ',' && c != ':' && c != '}' && c != ']';
      return value_can_begin ? Step::kValue : Step::kBad;
    }
    const bool ends = c == '}' && (state_ == State::kFirstKey || state_ == State::kAfterValue);
    if (ends) {
      buffer.advance(1);
      return Step::kEnd;
    }
    if (!accept(c, buffer)) {
      return Step::kBad;
    }
  }
}

bool JsonMemberScanner::accept(char c, StreamBuffer& buffer) {
  switch (state_) {
    case State::kBrace:
      state_ = State::kFirstKey;
      buffer.advance(1);
      return c == '{';
    case State::kFirstKey:
    case State::kNextKey:
      state_ = State::kKey;
      key_scanner_.begin();
      raw_key_.clear();
      return c == '"';
    case State::kColon:
      state_ = State::kBeforeValue;
      buffer.advance(1);
      return c == ':';
    case State::kAfterValue:
      state_ = State::kNextKey;
      buffer.advance(1);
      return c == ',';
    case State::kKey:
    case State::kBeforeValue:
    case State::kAtValue:
      break;
  }
  return false;
}

bool JsonMemberScanner::finish_key(std::string_view quoted) {
  key_.clear();
  return append_unescaped(key_, quoted.substr(1, quoted.size() - 2));
}

}  // namespace kubevitals::kube
