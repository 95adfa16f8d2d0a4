#include "kube/decode_protobuf.h"
#include "kube/envelope.h"
#include "kube/watch_parser.h"

namespace kubevitals::kube {
namespace {

// runtime.RawExtension
struct RawExtension {
  std::string_view raw;
  static constexpr auto fields() { return std::tuple{Field{1, "", &RawExtension::raw}}; }
};

// metav1.WatchEvent
struct WatchEvent {
  std::string_view type;
  RawExtension object;
  static constexpr auto fields() {
    return std::tuple{Field{1, "type", &WatchEvent::type}, Field{2, "object", &WatchEvent::object}};
  }
};

// Events are a four-byte big-endian length and so many bytes.
class ProtobufWatchParser final : public WatchStream::Parser {
 public:
  explicit ProtobufWatchParser(StreamLimits limits) : limits_(limits) {}

  Result<std::optional<WatchFrame>> next() override {
    buffer.release();
    const std::string_view ahead = buffer.ahead();
    constexpr std::size_t kLengthBytes = 4;
    if (ahead.size() < kLengthBytes) {
      return std::optional<WatchFrame>();
    }
    std::size_t size = 0;
    for (const char byte : ahead.substr(0, kLengthBytes)) {
      size = size << 8 | static_cast<unsigned char>(byte);
    }
    if (size > limits_.max_object_bytes) {
      return watch_error("an event is too large");
    }
    if (ahead.size() - kLengthBytes < size) {
      return std::optional<WatchFrame>();
    }
    buffer.advance(kLengthBytes + size);
    return read_event(ahead.substr(kLengthBytes, size));
  }

  bool between_events() const override { return buffer.ahead().empty(); }

 private:
  static Result<std::optional<WatchFrame>> read_event(std::string_view message) {
    WatchEvent event;
    if (const Result<void> decoded = decode_protobuf(message, event); !decoded) {
      return decoded.error().wrap("cannot read the watch");
    }
    const Result<WatchEventType> type = to_watch_event_type(event.type);
    if (!type) {
      return type.error();
    }
    const Result<Envelope> envelope = open_envelope(event.object.raw);
    if (!envelope) {
      return envelope.error().wrap("cannot read the watch");
    }
    return std::optional(WatchFrame{*type, envelope->api_version, envelope->kind, envelope->message});
  }

  StreamLimits limits_;
};

}  // namespace

std::unique_ptr<WatchStream::Parser> make_protobuf_watch_parser(StreamLimits limits) {
  return std::make_unique<ProtobufWatchParser>(limits);
}

}  // namespace kubevitals::kube
