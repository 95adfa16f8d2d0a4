// Any bytes as the body of a list, in either encoding: chunks of any size give the same as the whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "kube/list_stream.h"
#include "kube/object_decoder.h"
#include "kube/objects/pod.h"

namespace kubevitals::kube {
namespace {

std::vector<std::string> read(Encoding encoding, std::string_view body, std::size_t chunk_size) {
  ListStream stream(encoding, {.max_object_bytes = 1000});
  ObjectDecoder decoder(encoding);
  Pod pod;
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    stream.feed(body.substr(at, chunk_size));
    while (true) {
      const auto item = stream.next();
      if (!item || !*item) {
        break;
      }
      pieces.emplace_back(**item);
      static_cast<void>(decoder.decode(**item, pod));
    }
  }
  const Result<ListEnd> end = stream.finish();
  pieces.push_back(end ? end->kind + end->resource_version : end.error().message);
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
