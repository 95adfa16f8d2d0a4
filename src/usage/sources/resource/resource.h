// The kubelet's resource metrics, /metrics/resource in Prometheus' text format: what metrics-server asks for.
#pragma once

#include "usage/sources/source.h"

namespace kubevitals::usage {

// CPU and working set of node, pods and containers, and when containers started; nothing more is told, so
// that memory/usage and what is made of it (memory/node_utilization) are absent. All other families, those of
// the swap among them, are skipped. A set's data is as old as its CPU's sample, else its memory's; a sample
// without a time is as old as `input.now`. What is not a number, below zero or too large is not there; zeros
// are kept, for it is the resource metrics API that makes something of them. kInvalid when the text cannot be
// read, or when it has none of these families.
Result<NodeBlock> parse_resource(const ParseInput& input);

}  // namespace kubevitals::usage
