#include "kube/json_members.h"
#include "kube/watch_parser.h"

namespace kubevitals::kube {
namespace {

// Events are JSON objects one after another, with or without white space between them.
class JsonWatchParser final : public WatchStream::Parser {
 public:
  explicit JsonWatchParser(StreamLimits limits) : limits_(limits) {}

  Result<std::optional<WatchFrame>> next() override {
    while (true) {
      if (in_value_ && !step_value()) {
        return need_more();
      }
      if (members_.at_start()) {
        skip_json_space(buffer);
        buffer.release();
      }
      switch (members_.step(buffer)) {
        case JsonMemberScanner::Step::kNeedMore:
          return need_more();
        case JsonMemberScanner::Step::kBad:
          return watch_error(is_too_large() ? kTooLarge : "an event is not a JSON object");
        case JsonMemberScanner::Step::kValue:
          in_value_ = true;
          value_.begin();
          value_begin_ = buffer.held().size();
          break;
        case JsonMemberScanner::Step::kEnd:
          return take_event();
      }
    }
  }

  bool between_events() const override { return members_.at_start(); }

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::string_view in(std::string_view text) const { return text.substr(begin, size); }
  };

  static constexpr const char* kTooLarge = "an event is too large";

  bool is_too_large() const { return buffer.held().size() > limits_.max_object_bytes; }

  Result<std::optional<WatchFrame>> need_more() {
    if (is_too_large()) {
      return watch_error(kTooLarge);
    }
    return std::optional<WatchFrame>();
  }

  // Whether the value is complete.
  bool step_value() {
    if (!scan_json_value(buffer, value_)) {
      return false;
    }
    in_value_ = false;
    const Range range{value_begin_, buffer.held().size() - value_begin_};
    if (members_.key() == "type") {
      type_ = range;
    } else if (members_.key() == "object") {
      object_ = range;
    }
    return true;
  }

  Result<std::optional<WatchFrame>> take_event() {
    const std::string_view event = buffer.held();
    if (is_too_large()) {
      return watch_error(kTooLarge);
    }
    const std::string_view quoted = type_.in(event);
    WatchFrame frame;
    frame.object = object_.in(event);
    type_ = object_ = {};
    members_.begin();
    buffer.release();
    std::string name;
    if (!quoted.starts_with('"') || !append_unescaped(name, quoted.substr(1, quoted.size() - 2))) {
      return watch_error("an event has no type");
    }
    const Result<WatchEventType> type = to_watch_event_type(name);
    if (!type) {
      return type.error();
    }
    frame.type = *type;
    if (!frame.object.starts_with('{')) {
      return watch_error("an event has no object");
    }
    return std::optional(frame);
  }

  StreamLimits limits_;
  JsonMemberScanner members_;
  JsonValueScanner value_;
  bool in_value_ = false;
  // Within what the buffer holds:
  std::size_t value_begin_ = 0;
  Range type_;
  Range object_;
};

}  // namespace

std::unique_ptr<WatchStream::Parser> make_json_watch_parser(StreamLimits limits) {
  return std::make_unique<JsonWatchParser>(limits);
}

}  // namespace kubevitals::kube
