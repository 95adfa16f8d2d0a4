// Any path and parameters: there is an answer, with a status that clients know, that takes no more room than
// the question has asked for.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "usage/api/model_api.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  static const usage::Directory* const directory = new usage::Directory();
  static usage::MetricSink* const sink = [] {
    auto* const made = new usage::MetricSink(*directory);
    auto block = std::make_shared<usage::NodeBlock>();
    usage::NodeInfo node;
    node.name = "n";
    block->info = std::make_shared<const usage::NodeInfo>(node);
    block->node.set(usage::Metric::kMemoryUsage, block->node.add_row(0, 0), 1);
    block->pods.set(usage::Metric::kCpuUsage, block->pods.add_row(0, 0), 1);
    block->pod_rows.push_back(
        {std::make_shared<const usage::PodName>(usage::PodName{"s", "p", ""}), nullptr, nullptr});
    auto batch = std::make_shared<usage::Batch>();
    batch->timestamp = 1;
    batch->nodes.push_back(block);
    made->store(batch, 1);
    return made;
  }();
  const net::Target target = net::parse_target(std::string_view(reinterpret_cast<const char*>(data), size));
  net::ServerRequest request;
  request.path = target.path;
  request.query = target.query;
  const net::ServerResponse response = usage::model_answer(*sink, request, 2);
  if (response.status != 200 && response.status != 400 && response.status != 404) std::abort();
  if (std::get<std::string>(response.body).size() > 100 * (size + 10)) std::abort();
  return 0;
}
