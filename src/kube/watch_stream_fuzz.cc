// Any bytes as the body of a watch, in either encoding: chunks of any size give the same as the whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "kube/object_decoder.h"
#include "kube/objects/pod.h"
#include "kube/watch_stream.h"

namespace kubevitals::kube {
namespace {

std::vector<std::string> read(Encoding encoding, std::string_view body, std::size_t chunk_size) {
  WatchStream stream(encoding, {.max_object_bytes = 1000});
  ObjectDecoder decoder(encoding);
  Pod pod;
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    stream.feed(body.substr(at, chunk_size));
    while (true) {
      const auto frame = stream.next();
      if (!frame || !*frame) {
        break;
      }
      const WatchFrame& event = **frame;
      pieces.push_back(std::string(event.kind).append(event.api_version).append(event.object));
      if (event.type == WatchEventType::kError) {
        static_cast<void>(decode_api_status(encoding, event.object));
      } else if (decoder.decode(event.object, pod)) {
        static_cast<void>(is_initial_events_end(pod.metadata));
      }
    }
  }
  const kubevitals::Result<void> end = stream.finish();
  pieces.push_back(end ? "" : end.error().message);
  return pieces;
}

}  // namespace
}  // namespace kubevitals::kube

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::kube;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::kJson, Encoding::kProtobuf}) {
    if (read(encoding, body, std::max<std::size_t>(size, 1)) != read(encoding, body, 1 + size % 13)) {
      std::abort();
    }
  }
  return 0;
}
