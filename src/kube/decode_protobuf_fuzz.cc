// Any bytes as a message of each type: decoding them twice, the second time into what the first left, is the
// same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kube/api_status.h"
#include "kube/decode_protobuf.h"
#include "kube/envelope.h"
#include "kube/objects/deployment.h"
#include "kube/objects/namespace.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/replicaset.h"
#include "kube/objects/service.h"

namespace kubevitals::kube {
namespace {

template <typename T>
void decode(std::string_view message) {
  T once;
  const bool good = decode_protobuf(message, once).has_value();
  T again = once;
  if (decode_protobuf(message, again).has_value() != good || (good && !(once == again))) {
    std::abort();
  }
}

void decode_all(std::string_view message) {
  decode<Pod>(message);
  decode<Node>(message);
  decode<Service>(message);
  decode<Deployment>(message);
  decode<ReplicaSet>(message);
  decode<Namespace>(message);
  static_cast<void>(open_envelope(message));
  static_cast<void>(read_api_status(message));
}

}  // namespace
}  // namespace kubevitals::kube

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kubevitals::kube::decode_all(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
