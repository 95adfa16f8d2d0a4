#include "kube/watch_stream.h"

#include <algorithm>
#include <string>

#include "kube/watch_parser.h"

namespace kubevitals::kube {

WatchStream::WatchStream(Encoding encoding, StreamLimits limits)
    : parser_(encoding == Encoding::kJson ? make_json_watch_parser(limits)
                                          : make_protobuf_watch_parser(limits)) {}
WatchStream::WatchStream(WatchStream&&) noexcept = default;
WatchStream& WatchStream::operator=(WatchStream&&) noexcept = default;
WatchStream::~WatchStream() = default;

void WatchStream::feed(std::string_view chunk) {
  if (!parser_->failure) {
    parser_->buffer.append(chunk);
  }
}

Result<std::optional<WatchFrame>> WatchStream::next() {
  if (parser_->failure) {
    return *parser_->failure;
  }
  Result<std::optional<WatchFrame>> frame = parser_->next();
  if (!frame) {
    parser_->failure = frame.error();
  }
  return frame;
}

Result<void> WatchStream::finish() {
  const Result<std::optional<WatchFrame>> rest = next();
  if (!rest) {
    return rest.error();
  }
  if (*rest) {
    return Error{ErrorCode::kInternal, "cannot finish the watch: not all events were taken"};
  }
  if (!parser_->between_events()) {
    return Error{ErrorCode::kUnavailable, "cannot read the watch: it breaks off within an event"};
  }
  return {};
}

Result<WatchEventType> to_watch_event_type(std::string_view name) {
  if (name == "ADDED") {
    return WatchEventType::kAdded;
  }
  if (name == "MODIFIED") {
    return WatchEventType::kModified;
  }
  if (name == "DELETED") {
    return WatchEventType::kDeleted;
  }
  if (name == "BOOKMARK") {
    return WatchEventType::kBookmark;
  }
  if (name == "ERROR") {
    return WatchEventType::kError;
  }
  // What comes from outside reaches a log in part at most.
  return watch_error(std::string("unknown event type \"").append(name.substr(0, 32)).append("\""));
}

bool is_initial_events_end(const ObjectMeta& bookmark) {
  static constexpr std::string_view kAnnotation = "k8s.io/initial-events-end";
  return std::ranges::any_of(bookmark.annotations, [](const auto& annotation) {
    return annotation.first == kAnnotation && annotation.second == "true";
  });
}

}  // namespace kubevitals::kube
