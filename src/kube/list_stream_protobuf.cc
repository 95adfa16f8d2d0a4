#include <algorithm>
#include <string>

#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"
#include "kube/envelope.h"
#include "kube/list_parser.h"
#include "kube/protobuf_wire.h"

namespace kubevitals::kube {
namespace {

// runtime.Unknown
constexpr std::uint32_t kUnknownTypeMeta = 1;
constexpr std::uint32_t kUnknownRaw = 2;
constexpr std::uint32_t kUnknownContentEncoding = 3;
// every list type
constexpr std::uint32_t kListMetadata = 1;
constexpr std::uint32_t kListItems = 2;

class ProtobufListParser final : public ListStream::Parser {
 public:
  explicit ProtobufListParser(StreamLimits limits) : limits_(limits) {}

  Result<std::optional<std::string_view>> next() override {
    while (true) {
      buffer.release();
      item_.reset();
      const Progress progress = step();
      if (item_) {
        return item_;
      }
      if (progress == Progress::kBad) {
        return list_error(cause_);
      }
      if (progress == Progress::kNeedMore) {
        return std::optional<std::string_view>();
      }
    }
  }

  Result<ListEnd> finish() override {
    if (state_ != State::kEnvelope || skip_left_ > 0 || !buffer.ahead().empty() || !raw_seen_) {
      return list_broke_off();
    }
    TypeMeta type;
    if (const Result<void> decoded = decode_protobuf(type_meta_, type); !decoded) {
      return decoded.error().wrap("cannot read the list");
    }
    ListEnd end;
    end.api_version = type.api_version;
    end.kind = type.kind;
    if (is_status_) {
      const Result<ApiStatus> status = decode_api_status(Encoding::kProtobuf, status_);
      if (!status) {
        return status.error().wrap("cannot read the list");
      }
      end.status = *status;
      return end;
    }
    ListMeta metadata;
    if (const Result<void> decoded = decode_protobuf(list_meta_, metadata); !decoded) {
      return decoded.error().wrap("cannot read the list");
    }
    end.resource_version = metadata.resource_version;
    end.continue_token = metadata.continue_token;
    end.remaining_item_count = metadata.remaining_item_count;
    return end;
  }

 private:
  enum class State { kMagic, kEnvelope, kList };
  enum class Progress { kAgain, kNeedMore, kBad };

  Progress bad(const char* cause) {
    cause_ = cause;
    return Progress::kBad;
  }

  Progress step() {
    if (state_ == State::kList && raw_left_ == 0 && skip_left_ == 0) {
      state_ = State::kEnvelope;
    }
    if (skip_left_ > 0) {
      return step_skip();
    }
    if (state_ == State::kMagic) {
      return step_magic();
    }
    return step_field();
  }

  Progress step_magic() {
    const std::string_view ahead = buffer.ahead().substr(0, kProtobufMagic.size());
    if (!kProtobufMagic.starts_with(ahead)) {
      return bad("it is not in a protobuf envelope");
    }
    if (ahead.size() < kProtobufMagic.size()) {
      return Progress::kNeedMore;
    }
    buffer.advance(kProtobufMagic.size());
    state_ = State::kEnvelope;
    return Progress::kAgain;
  }

  Progress step_skip() {
    const std::size_t skipped = std::min<std::uint64_t>(skip_left_, buffer.ahead().size());
    advance(skipped);
    skip_left_ -= skipped;
    return skip_left_ == 0 ? Progress::kAgain : Progress::kNeedMore;
  }

  void advance(std::size_t bytes) {
    buffer.advance(bytes);
    if (state_ == State::kList) {
      raw_left_ -= bytes;
    }
  }

  // What there is of the message that is being read, and whether that is all of it.
  std::string_view message_ahead(bool& complete) const {
    const std::string_view ahead = buffer.ahead();
    complete = state_ == State::kList && ahead.size() >= raw_left_;
    return complete ? ahead.substr(0, static_cast<std::size_t>(raw_left_)) : ahead;
  }

  Progress step_field() {
    bool complete = false;
    const std::string_view message = message_ahead(complete);
    if (message.empty()) {
      return Progress::kNeedMore;
    }
    wire::Cursor cursor(message);
    wire::Tag tag;
    wire::Cause cause = cursor.read_tag(tag);
    std::uint64_t size = 0;
    if (cause == nullptr && tag.type == wire::WireType::kBytes) {
      cause = cursor.read_varint(size);
    } else if (cause == nullptr && tag.type == wire::WireType::kStartGroup) {
      cause = "it has a group, which the API never uses";
    } else if (cause == nullptr) {
      cause = cursor.skip(tag.type);
    }
    if (cause == wire::kTruncated && !complete) {
      return Progress::kNeedMore;
    }
    if (cause != nullptr) {
      return bad(cause);
    }
    const std::size_t head = message.size() - cursor.left();
    if (tag.type != wire::WireType::kBytes) {
      const bool known = tag.number <= (state_ == State::kList ? kListItems : kUnknownContentEncoding);
      advance(head);
      return known ? bad("a field has another wire type than the API gives it") : Progress::kAgain;
    }
    if (state_ == State::kList && size > raw_left_ - head) {
      return bad(wire::kTruncated);
    }
    return step_bytes(tag.number, head, size);
  }

  // A field of bytes: `head` bytes of tag and length, then `size`.
  Progress step_bytes(std::uint32_t number, std::size_t head, std::uint64_t size) {
    if (state_ == State::kEnvelope && number == kUnknownRaw) {
      return begin_raw(head, size);
    }
    const bool needed = state_ == State::kList
                            ? number == kListMetadata || number == kListItems
                            : number == kUnknownTypeMeta || number == kUnknownContentEncoding;
    if (!needed) {
      advance(head);
      skip_left_ = size;
      return Progress::kAgain;
    }
    if (size > limits_.max_object_bytes) {
      return bad("an item is too large");
    }
    if (buffer.ahead().size() - head < size) {
      return Progress::kNeedMore;
    }
    const std::string_view value = buffer.ahead().substr(head, static_cast<std::size_t>(size));
    advance(head + value.size());
    return state_ == State::kList ? take_list_field(number, value) : take_envelope_field(number, value);
  }

  Progress take_list_field(std::uint32_t number, std::string_view value) {
    if (number == kListItems) {
      item_ = value;
      return Progress::kAgain;
    }
    return append(list_meta_, value);
  }

  Progress take_envelope_field(std::uint32_t number, std::string_view value) {
    if (number == kUnknownContentEncoding) {
      return value.empty() ? Progress::kAgain : bad("its content is encoded");
    }
    return append(type_meta_, value);
  }

  // A message given twice is merged, which is what decoding both one after another does.
  Progress append(std::string& to, std::string_view value) {
    if (to.size() + value.size() > limits_.max_object_bytes) {
      return bad("its metadata is too large");
    }
    to.append(value);
    return Progress::kAgain;
  }

  Progress begin_raw(std::size_t head, std::uint64_t size) {
    if (raw_seen_) {
      return bad("its envelope has two contents");
    }
    TypeMeta type;
    if (!decode_protobuf(type_meta_, type) || type.kind.empty()) {
      return bad("its envelope does not name a kind");
    }
    is_status_ = type.kind == "Status";
    if (is_status_) {
      if (size > limits_.max_object_bytes) {
        return bad("its status is too large");
      }
      if (buffer.ahead().size() - head < size) {
        return Progress::kNeedMore;
      }
      status_ = buffer.ahead().substr(head, static_cast<std::size_t>(size));
      advance(head + status_.size());
    } else {
      advance(head);
      raw_left_ = size;
      state_ = State::kList;
    }
    raw_seen_ = true;
    return Progress::kAgain;
  }

  StreamLimits limits_;
  State state_ = State::kMagic;
  bool raw_seen_ = false;
  bool is_status_ = false;
  std::uint64_t raw_left_ = 0;   // bytes of the list's message that were not advanced over
  std::uint64_t skip_left_ = 0;  // bytes of a field that is passed over
  std::string type_meta_;
  std::string list_meta_;
  std::string status_;
  std::optional<std::string_view> item_;
  const char* cause_ = "";
};

}  // namespace

std::unique_ptr<ListStream::Parser> make_protobuf_list_parser(StreamLimits limits) {
  return std::make_unique<ProtobufListParser>(limits);
}

}  // namespace kubevitals::kube
