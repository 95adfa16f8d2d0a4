// Any text as an object of each type: a copy and the text in place, decoded into what an earlier one left,
// give the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kube/api_status.h"
#include "kube/decode_json.h"
#include "kube/objects/deployment.h"
#include "kube/objects/namespace.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/replicaset.h"
#include "kube/objects/service.h"

namespace kubevitals::kube {
namespace {

template <typename T>
void decode(std::string_view json, std::string_view padded) {
  JsonDecoder decoder;
  JsonDecoder in_place;
  T once;
  T again;
  const bool good = decoder.decode(json, once).has_value();
  static_cast<void>(in_place.decode_padded(padded, again));
  if (in_place.decode_padded(padded, again).has_value() != good || (good && !(once == again))) {
    std::abort();
  }
}

void decode_all(std::string_view json) {
  const std::string buffer = std::string(json) + std::string(kJsonPadding, '\xff');
  const auto padded = std::string_view(buffer).substr(0, json.size());
  decode<Pod>(json, padded);
  decode<Node>(json, padded);
  decode<Service>(json, padded);
  decode<Deployment>(json, padded);
  decode<ReplicaSet>(json, padded);
  decode<Namespace>(json, padded);
  decode<AnyObject>(json, padded);
  static_cast<void>(read_api_status(json));
}

}  // namespace
}  // namespace kubevitals::kube

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kubevitals::kube::decode_all(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
