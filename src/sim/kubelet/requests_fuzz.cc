// Any body of a question for container statistics: the answer is one, or says what is wrong.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "sim/kubelet/requests.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  static const auto cluster = std::make_shared<sim::Cluster>([] {
    sim::ClusterOptions options;
    options.pods = 3;
    options.nodes = 1;
    return options;
  }());
  static sim::NodeMeter meter(cluster);
  net::ServerRequest request;
  request.method = "POST";
  request.path = "/stats/container/";
  request.body.assign(reinterpret_cast<const char*>(data), size);
  const int status = sim::answer_kubelet_request(meter, *cluster, 0, request).status;
  if (status != 200 && status != 400 && status != 404) std::abort();
  return 0;
}
