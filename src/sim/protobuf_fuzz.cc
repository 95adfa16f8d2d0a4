// Any bytes as a protobuf body: what is decoded must come back the same when it is encoded and decoded once
// more.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/protobuf.h"

namespace {

using namespace kubevitals::sim;

void check(std::string_view body) {
  const kubevitals::Result<json::object> object = decode_protobuf(body);
  if (!object) return;
  const std::string api_version(object->at("apiVersion").get_string());
  const std::string kind(object->at("kind").get_string());
  std::string raw, again;
  append_protobuf(raw, api_version, kind, *object);
  append_protobuf_envelope(again, api_version, kind, raw);
  const kubevitals::Result<json::object> second = decode_protobuf(again);
  if (!second) std::abort();
  std::string raw_again;
  append_protobuf(raw_again, api_version, kind, *second);
  if (raw_again != raw) std::abort();
}

}  // namespace

// The first byte chooses a kind for the rest, so that the fuzzer need not invent envelopes; 0xff: as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  static constexpr std::string_view kKinds[][2] = {{"v1", "Pod"},
                                                   {"v1", "Node"},
                                                   {"apps/v1", "DeploymentList"},
                                                   {"v1", "Service"},
                                                   {"v1", "Secret"},
                                                   {"apps/v1", "ControllerRevision"},
                                                   {"v1", "DeleteOptions"},
                                                   {"coordination.k8s.io/v1", "Lease"},
                                                   {"policy/v1", "PodDisruptionBudget"},
                                                   {"certificates.k8s.io/v1", "CertificateSigningRequest"}};
  if (data[0] == 0xff) {
    check(rest);
    return 0;
  }
  const auto& kind = kKinds[data[0] % std::size(kKinds)];
  std::string body;
  append_protobuf_envelope(body, kind[0], kind[1], rest);
  check(body);
  return 0;
}
