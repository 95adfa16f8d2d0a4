#include <array>

#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

constexpr std::array kProcessors{
    Processor{"rate_calculator", &calculate_rates, nullptr},
    Processor{"pod_based_enricher", &enrich_from_pods, nullptr},
    Processor{"namespace_based_enricher", &enrich_from_namespaces, nullptr},
    Processor{"pod_aggregator", &aggregate_pods, nullptr},
    Processor{"namespace_aggregator", nullptr, &aggregate_namespaces},
    Processor{"node_aggregator", &aggregate_node, nullptr},
    Processor{"cluster_aggregator", nullptr, &aggregate_cluster},
    Processor{"node_autoscaling_enricher", &enrich_nodes, nullptr},
};

}  // namespace

std::span<const Processor> processors() {
  return kProcessors;
}

void process_block(NodeBlock& block, const BlockContext& context) {
  for (const Processor& processor : kProcessors) {
    if (processor.process_block != nullptr) processor.process_block(block, context);
  }
}

void process_batch(Batch& batch, const Directory& directory) {
  for (const Processor& processor : kProcessors) {
    if (processor.process_batch != nullptr) processor.process_batch(batch, directory);
  }
}

}  // namespace kubevitals::usage
