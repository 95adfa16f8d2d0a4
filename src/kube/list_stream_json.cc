#include <algorithm>
#include <array>

#include "kube/decode_json.h"
#include "kube/json_members.h"
#include "kube/list_parser.h"

namespace kubevitals::kube {
namespace {

// The members that a list or a Status is known by. All others but the items are passed over.
constexpr std::array<std::string_view, 8> kKeptMembers = {"kind",    "apiVersion", "metadata", "status",
                                                          "message", "reason",     "details",  "code"};

struct ListHead {
  TypeMeta type;
  ListMeta metadata;
  static constexpr auto fields() {
    return std::tuple{Field{1, "", &ListHead::type, FieldKind::kInlineInJson},
                      Field{2, "metadata", &ListHead::metadata}};
  }
};

class JsonListParser final : public ListStream::Parser {
 public:
  explicit JsonListParser(StreamLimits limits) : limits_(limits) {}

  Result<std::optional<std::string_view>> next() override {
    while (true) {
      const Progress progress = step();
      if (too_large_ || head_.size() > limits_.max_object_bytes || is_too_large()) {
        return list_error("an item is too large");
      }
      switch (progress) {
        case Progress::kAgain:
          break;
        case Progress::kItem: {
          const std::string_view item = buffer.held();
          buffer.release();
          return std::optional(item);
        }
        case Progress::kNeedMore:
          return std::optional<std::string_view>();
        case Progress::kBad:
          return list_error(cause_);
      }
    }
  }

  Result<ListEnd> finish() override {
    if (state_ != State::kEnd) {
      return list_broke_off();
    }
    const std::string json = (head_.empty() ? "{" : head_) + "}";
    ListHead head;
    JsonDecoder decoder;
    if (const Result<void> decoded = decoder.decode(json, head); !decoded) {
      return decoded.error().wrap("cannot read the list");
    }
    ListEnd end;
    end.api_version = head.type.api_version;
    end.kind = head.type.kind;
    if (head.type.kind == "Status") {
      const Result<ApiStatus> status = decode_api_status(Encoding::kJson, json);
      if (!status) {
        return status.error().wrap("cannot read the list");
      }
      end.status = *status;
      return end;
    }
    if (!items_seen_ && !end.kind.ends_with("List")) {
      return list_error("it has no items and is no Status");
    }
    end.resource_version = head.metadata.resource_version;
    end.continue_token = head.metadata.continue_token;
    end.remaining_item_count = head.metadata.remaining_item_count;
    return end;
  }

 private:
  enum class State { kMember, kKeptValue, kOtherValue, kFirstItem, kNextItem, kItem, kAfterItem, kEnd };
  enum class Progress { kAgain, kItem, kNeedMore, kBad };

  bool is_too_large() const { return buffer.held().size() > limits_.max_object_bytes; }

  // Forgets what is held, however large: the outcome must not depend on the chunks.
  void release() {
    too_large_ = too_large_ || is_too_large();
    buffer.release();
  }

  Progress bad(const char* cause) {
    cause_ = cause;
    return Progress::kBad;
  }

  Progress go(State state) {
    state_ = state;
    return Progress::kAgain;
  }

  Progress step() {
    switch (state_) {
      case State::kMember:
        return step_member();
      case State::kKeptValue:
      case State::kOtherValue:
        return step_value();
      case State::kItem:
        if (!scan_json_value(buffer, value_)) {
          return Progress::kNeedMore;
        }
        state_ = State::kAfterItem;
        return Progress::kItem;
      case State::kFirstItem:
      case State::kNextItem:
      case State::kAfterItem:
        return step_between_items();
      case State::kEnd:
        return skip_json_space(buffer) ? bad("there is more text behind it") : Progress::kNeedMore;
    }
    return bad("");
  }

  Progress step_member() {
    switch (members_.step(buffer)) {
      case JsonMemberScanner::Step::kNeedMore:
        return Progress::kNeedMore;
      case JsonMemberScanner::Step::kBad:
        return bad("it is not a JSON object");
      case JsonMemberScanner::Step::kEnd:
        release();
        return go(State::kEnd);
      case JsonMemberScanner::Step::kValue:
        break;
    }
    release();
    value_.begin();
    if (members_.key() == "items") {
      if (buffer.ahead().front() == '[') {
        if (items_seen_) {
          return bad("it has its items twice");
        }
        items_seen_ = true;
        buffer.advance(1);
        return go(State::kFirstItem);
      }
      // Go writes a list that was never filled as null.
      items_seen_ = items_seen_ || buffer.ahead().front() == 'n';
      return buffer.ahead().front() == 'n' ? go(State::kOtherValue) : bad("its items are not a list");
    }
    const bool kept = std::ranges::find(kKeptMembers, members_.key()) != kKeptMembers.end();
    return go(kept ? State::kKeptValue : State::kOtherValue);
  }

  Progress step_value() {
    const bool complete = scan_json_value(buffer, value_);
    if (state_ == State::kOtherValue) {
      buffer.release();
    }
    if (!complete) {
      return Progress::kNeedMore;
    }
    if (state_ == State::kKeptValue) {
      head_.append(head_.empty() ? "{\"" : ",\"").append(members_.key()).append("\":").append(buffer.held());
      buffer.release();
    }
    return go(State::kMember);
  }

  Progress step_between_items() {
    const bool any = skip_json_space(buffer);
    buffer.release();
    if (!any) {
      return Progress::kNeedMore;
    }
    const char c = buffer.ahead().front();
    if (c == ']' && state_ != State::kNextItem) {
      buffer.advance(1);
      return go(State::kMember);
    }
    if (state_ == State::kAfterItem) {
      if (c != ',') {
        return bad("its items are not separated by commas");
      }
      buffer.advance(1);
      return go(State::kNextItem);
    }
    if (c != '{') {
      return bad("an item is not an object");
    }
    value_.begin();
    return go(State::kItem);
  }

  StreamLimits limits_;
  State state_ = State::kMember;
  JsonMemberScanner members_;
  JsonValueScanner value_;
  bool items_seen_ = false;
  bool too_large_ = false;
  std::string head_;  // an object of the members that are kept, without its closing brace
  const char* cause_ = "";
};

}  // namespace

std::unique_ptr<ListStream::Parser> make_json_list_parser(StreamLimits limits) {
  return std::make_unique<JsonListParser>(limits);
}

}  // namespace kubevitals::kube
