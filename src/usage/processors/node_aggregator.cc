#include "usage/processors/aggregated_metrics.h"
#include "usage/processors/processor.h"

namespace kubevitals::usage {

void aggregate_node(NodeBlock& block, const BlockContext& /*context*/) {
  if (block.node.rows() == 0) return;
  for (const Metric metric : kNodeMetrics) {
    for (std::size_t pod = 0; pod < block.pods.rows(); ++pod)
      add_value(block.pods, pod, block.node, 0, metric);
  }
}

}  // namespace kubevitals::usage
