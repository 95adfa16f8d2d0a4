#include "usage/processors/aggregated_metrics.h"
#include "usage/processors/processor.h"

namespace kubevitals::usage {

void aggregate_cluster(Batch& batch, const Directory& /*directory*/) {
  batch.cluster.add_row(kNoTime, kNoTime);
  for (const Metric metric : kClusterMetrics) {
    for (std::size_t row = 0; row < batch.namespaces.rows(); ++row) {
      add_value(batch.namespaces, row, batch.cluster, 0, metric);
    }
  }
}

}  // namespace kubevitals::usage
