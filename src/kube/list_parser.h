// What a ListStream is for each encoding.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "kube/list_stream.h"
#include "kube/stream_buffer.h"

namespace kubevitals::kube {

class ListStream::Parser {
 public:
  virtual ~Parser() = default;
  // As the stream's; finish() follows a next() without an item.
  virtual Result<std::optional<std::string_view>> next() = 0;
  virtual Result<ListEnd> finish() = 0;

  StreamBuffer buffer;
  std::optional<Error> failure;  // the first one; final
};

std::unique_ptr<ListStream::Parser> make_json_list_parser(StreamLimits limits);
std::unique_ptr<ListStream::Parser> make_protobuf_list_parser(StreamLimits limits);

inline Error list_error(std::string_view cause) {
  return {ErrorCode::kInvalid, std::string("cannot read the list: ").append(cause)};
}
inline Error list_broke_off() {
  return {ErrorCode::kUnavailable, "cannot read the list: it breaks off before its end"};
}

}  // namespace kubevitals::kube
