#include <array>
#include <map>
#include <string_view>

#include "usage/processors/aggregated_metrics.h"
#include "usage/processors/processor.h"

namespace kubevitals::usage {

void aggregate_namespaces(Batch& batch, const Directory& /*directory*/) {
  struct Sums {
    std::array<Value, kClusterMetrics.size()> values;
    const std::string* uid = nullptr;
  };
  std::map<std::string_view, Sums> namespaces;
  for (const auto& block : batch.nodes) {
    for (std::size_t row = 0; row < block->pod_rows.size(); ++row) {
      const NodeBlock::Pod& pod = block->pod_rows[row];
      const auto [found, is_new] = namespaces.try_emplace(pod.name->namespace_);
      Sums& sums = found->second;
      if (is_new) sums.values.fill(kAbsent);
      if (sums.uid == nullptr) sums.uid = pod.namespace_uid.get();
      for (std::size_t i = 0; i < kClusterMetrics.size(); ++i) {
        const Value value = block->pods.get(kClusterMetrics[i], row);
        if (value == kAbsent) continue;
        Value& sum = sums.values[i];
        sum = sum == kAbsent
                  ? value
                  : static_cast<Value>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(value));
      }
    }
  }
  for (const auto& [name, sums] : namespaces) {
    const std::uint32_t row = batch.namespaces.add_row(kNoTime, kNoTime);
    batch.namespace_rows.push_back({std::string(name), sums.uid == nullptr ? std::string() : *sums.uid});
    for (std::size_t i = 0; i < kClusterMetrics.size(); ++i) {
      if (sums.values[i] != kAbsent) batch.namespaces.set(kClusterMetrics[i], row, sums.values[i]);
    }
  }
}

}  // namespace kubevitals::usage
