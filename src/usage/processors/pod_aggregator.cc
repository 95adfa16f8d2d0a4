#include <map>
#include <string>
#include <utility>
#include <vector>

#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

bool is_summed(Metric metric) {
  const MetricDescriptor& descriptor = describe(metric);
  return !descriptor.standard || descriptor.type == MetricType::kGauge;
}

// The metrics outside the schema, such as requests of GPUs.
void aggregate_extra(NodeBlock& block) {
  const Table& containers = block.containers;
  if (containers.extra.empty()) return;
  Pool<std::string> names(block.pods.extra_names);
  std::map<std::pair<std::uint32_t, std::uint16_t>, ExtraValue> sums;  // by pod and name
  for (const ExtraValue& value : containers.extra) {
    const std::uint32_t pod = block.container_rows[value.row].pod;
    const std::uint16_t name = names.add((*containers.extra_names)[value.name]);
    if (name == kNoNumber) continue;
    const auto [known, is_new] =
        sums.try_emplace({pod, name}, ExtraValue{pod, name, value.value_type, value.value, value.type});
    ExtraValue& sum = known->second;
    if (is_new || sum.value_type != value.value_type) continue;
    if (value.value_type == ValueType::kFloat) {
      sum.value = from_float(as_float(sum.value) + as_float(value.value));
    } else {
      sum.value =
          static_cast<Value>(static_cast<std::uint64_t>(sum.value) + static_cast<std::uint64_t>(value.value));
    }
  }
  block.pods.extra.clear();
  for (const auto& [key, sum] : sums) block.pods.extra.push_back(sum);
  block.pods.extra_names = names.take();
}

}  // namespace

void aggregate_pods(NodeBlock& block, const BlockContext& /*context*/) {
  for (const Metric metric : block.containers.metrics()) {
    if (!is_summed(metric)) continue;
    std::vector<bool> reports(block.pods.rows());  // the pod has a value of its own
    for (std::size_t pod = 0; pod < block.pods.rows(); ++pod) reports[pod] = block.pods.has(metric, pod);
    for (std::size_t row = 0; row < block.containers.rows(); ++row) {
      const std::uint32_t pod = block.container_rows[row].pod;
      if (!reports[pod]) add_value(block.containers, row, block.pods, pod, metric);
    }
  }
  aggregate_extra(block);
}

}  // namespace kubevitals::usage
