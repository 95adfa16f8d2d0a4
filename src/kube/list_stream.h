// The body of a LIST, read while it arrives: the items one by one, only the unfinished one is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/api_status.h"
#include "kube/encoding.h"

namespace kubevitals::kube {

struct StreamLimits {
  std::size_t max_object_bytes = std::size_t{64} << 20;  // of one item or event; more is an error
};

// What a LIST says besides its items.
struct ListEnd {
  std::string api_version;  // of the list
  std::string kind;         // "PodList"
  std::string resource_version;
  std::string continue_token;
  std::optional<std::int64_t> remaining_item_count;
  std::optional<ApiStatus> status;  // the body was a Status, not a list
};

// Usage, with chunks of any size:
//   stream.feed(chunk); then next() until it gives nullopt; and so on; at the body's end finish().
// Errors are final: each further call gives the same one. Not thread-safe; movable.
class ListStream final {
 public:
  class Parser;

  explicit ListStream(Encoding encoding, StreamLimits limits = {});
  ListStream(ListStream&&) noexcept;
  ListStream& operator=(ListStream&&) noexcept;
  ~ListStream();

  // Copies the chunk. Ends the life of what next() gave.
  void feed(std::string_view chunk);

  // The next complete item: a bare protobuf message, or JSON text with kJsonPadding readable bytes behind it
  // (see object_decoder.h); valid until the next feed(). nullopt: feed more. Fails with kInvalid on malformed
  // input and on an item that is too large.
  Result<std::optional<std::string_view>> next();

  // After the last chunk, when next() gave nullopt. Fails with kUnavailable when the body breaks off,
  // kInvalid when it is malformed or neither a list nor a Status.
  Result<ListEnd> finish();

 private:
  std::unique_ptr<Parser> parser_;
};

}  // namespace kubevitals::kube
