// Decodes what list_stream.h and watch_stream.h hand out, whichever encoding was agreed with the server.
#pragma once

#include <string_view>

#include "base/result.h"
#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"
#include "kube/encoding.h"

namespace kubevitals::kube {

// Not thread-safe. String views in the results end with the next call or with the bytes, whichever is first.
class ObjectDecoder final {
 public:
  explicit ObjectDecoder(Encoding encoding) : encoding_(encoding) {}

  // `object`: an item of a ListStream or the object of a WatchFrame (bare message, or JSON with kJsonPadding
  // readable bytes behind it).
  template <typename T>
  Result<void> decode(std::string_view object, T& out) {
    return encoding_ == Encoding::kProtobuf ? decode_protobuf(object, out) : json_.decode_padded(object, out);
  }

 private:
  Encoding encoding_;
  JsonDecoder json_;
};

}  // namespace kubevitals::kube
