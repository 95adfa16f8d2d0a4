// The discovery pillar's metrics about itself.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "discovery/kubernetes/clusters.h"
#include "discovery/manager/snapshot.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery {

// Every family that is counted where things happen: for the registry of a process.
std::vector<exposition::MetricFamily> metric_families();

// The text of /metrics: the registry's families, what the snapshot says, and how the clusters' feeds are.
std::string own_metrics(const exposition::MetricRegistry& registry, const Snapshot& snapshot,
                        const std::vector<kubernetes::ClusterStats>& clusters, SteadyTime now,
                        const std::string& version);

}  // namespace kubevitals::discovery
