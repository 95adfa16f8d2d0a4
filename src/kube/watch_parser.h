// What a WatchStream is for each encoding.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kube/stream_buffer.h"
#include "kube/watch_stream.h"

namespace kubevitals::kube {

class WatchStream::Parser {
 public:
  virtual ~Parser() = default;
  virtual Result<std::optional<WatchFrame>> next() = 0;
  // Whether nothing is unfinished, after a next() without a frame.
  virtual bool between_events() const = 0;

  StreamBuffer buffer;
  std::optional<Error> failure;  // the first one; final
};

std::unique_ptr<WatchStream::Parser> make_json_watch_parser(StreamLimits limits);
std::unique_ptr<WatchStream::Parser> make_protobuf_watch_parser(StreamLimits limits);

inline Error watch_error(std::string_view cause) {
  return {ErrorCode::kInvalid, std::string("cannot read the watch: ").append(cause)};
}

// kInvalid for a name that the API does not have.
Result<WatchEventType> to_watch_event_type(std::string_view name);

}  // namespace kubevitals::kube
