// The body of a WATCH, read while it arrives: event by event.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "kube/encoding.h"
#include "kube/list_stream.h"
#include "kube/objects/meta.h"

namespace kubevitals::kube {

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError };

struct WatchFrame {
  WatchEventType type = WatchEventType::kError;
  // The kind that the protobuf envelope names; empty for JSON, where it is in the object (AnyObject).
  std::string_view api_version;
  std::string_view kind;
  // A bare protobuf message, or JSON text with kJsonPadding readable bytes behind it: for an ObjectDecoder.
  // Of an ERROR it is a Status (decode_api_status), of a BOOKMARK an object with little more than a
  // resourceVersion (PartialObject).
  std::string_view object;
};

// Whether a bookmark ends the initial events of a streaming list: annotation "k8s.io/initial-events-end:
// true".
bool is_initial_events_end(const ObjectMeta& bookmark);

// Usage as that of a ListStream: feed(), then next() until nullopt. Not thread-safe; movable.
class WatchStream final {
 public:
  class Parser;

  explicit WatchStream(Encoding encoding, StreamLimits limits = {});
  WatchStream(WatchStream&&) noexcept;
  WatchStream& operator=(WatchStream&&) noexcept;
  ~WatchStream();

  // Copies the chunk. Ends the life of what next() gave.
  void feed(std::string_view chunk);

  // The next complete event, valid until the next feed(). nullopt: feed more. Fails with kInvalid on
  // malformed input, an unknown event type and an event that is too large; each further call gives the same
  // error.
  Result<std::optional<WatchFrame>> next();

  // After the last chunk: fails with kUnavailable when the body breaks off within an event.
  Result<void> finish();

 private:
  std::unique_ptr<Parser> parser_;
};

}  // namespace kubevitals::kube
