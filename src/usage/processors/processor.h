// What is made of the values that sources report, step by step, in the incumbent's order.
#pragma once

#include <span>
#include <string_view>

#include "usage/directory/directory.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

// All that a step depends on besides the block itself.
struct BlockContext {
  const NodeBlock* before;  // the same node in the batch before; null: it was not there
  const Directory& directory;
};

// A step of the pipeline: first over the block of each node, alone, then over the whole batch. Either may be
// null. Both depend on nothing but their arguments.
struct Processor {
  std::string_view name;
  void (*process_block)(NodeBlock& block, const BlockContext& context);
  void (*process_batch)(Batch& batch, const Directory& directory);
};

// In the order in which they are applied.
std::span<const Processor> processors();

// All steps of one node, then of all of them together.
void process_block(NodeBlock& block, const BlockContext& context);
void process_batch(Batch& batch, const Directory& directory);

// The steps. Rates: the differences of the counters over the difference of the data's own times; none where
// the time did not go on, where the counters began anew, or where a counter went down.
// Of the pods of a classic source only the network has such rates; the others are sums over the containers.
void calculate_rates(NodeBlock& block, const BlockContext& context);
// Requests, limits, restarts, images and the objects' own labels; containers that the kubelet does not report
// get a set of their own.
void enrich_from_pods(NodeBlock& block, const BlockContext& context);
void enrich_from_namespaces(NodeBlock& block, const BlockContext& context);
// What a pod does not report itself is the sum over its containers, but for counters.
void aggregate_pods(NodeBlock& block, const BlockContext& context);
void aggregate_namespaces(Batch& batch, const Directory& directory);
// Requests and limits of all pods of the node.
void aggregate_node(NodeBlock& block, const BlockContext& context);
void aggregate_cluster(Batch& batch, const Directory& directory);
// Capacity, what is allocatable, and the shares of it that are in use and requested.
void enrich_nodes(NodeBlock& block, const BlockContext& context);

}  // namespace kubevitals::usage
