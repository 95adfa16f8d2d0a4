// Walks over the metric sets of a batch.
#pragma once

#include <cstdint>
#include <optional>

#include "usage/model/batch.h"
#include "usage/model/metric_set.h"

namespace kubevitals::usage {

// First the cluster, then the namespaces, then node by node. A copy goes on from the same place. The batch
// outlives it.
class SetCursor {
 public:
  explicit SetCursor(const Batch& batch) : batch_(&batch) {}

  // Nothing at the end.
  std::optional<MetricSet> next() {
    for (;;) {
      const NodeBlock* block = nullptr;
      if (type_ != SetType::kCluster && type_ != SetType::kNamespace) {
        if (node_ == batch_->nodes.size()) return std::nullopt;
        block = batch_->nodes[node_].get();
      }
      if (row_ < table_of(type_, *batch_, block).rows()) return MetricSet(type_, *batch_, block, row_++);
      row_ = 0;
      if (type_ == SetType::kPodContainer) {
        ++node_;
        type_ = SetType::kNode;
      } else {
        type_ = static_cast<SetType>(static_cast<int>(type_) + 1);
      }
    }
  }

 private:
  const Batch* batch_;
  SetType type_ = SetType::kCluster;
  std::size_t node_ = 0;
  std::uint32_t row_ = 0;
};

// Calls visit(MetricSet) for each set, in that order.
template <typename Visitor>
void for_each_set(const Batch& batch, Visitor&& visit) {
  SetCursor cursor(batch);
  while (const std::optional<MetricSet> set = cursor.next()) visit(*set);
}

}  // namespace kubevitals::usage
