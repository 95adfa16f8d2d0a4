// What a kubelet answers: its measurements in the formats of the real one, written straight into text.
#pragma once

#include <cstdint>
#include <string>

#include "sim/kubelet/node_usage.h"

namespace kubevitals::sim {

// All take the time of the cluster's start in seconds since 1970, to which the measurements' times relate.

// GET /stats/summary: stats/v1alpha1.Summary. With `only_cpu_and_memory` nothing but that.
std::string summary_text(const NodeUsage& node, std::int64_t start_time, bool only_cpu_and_memory);

// GET /metrics/resource: Prometheus text.
std::string resource_metrics_text(const NodeUsage& node, std::int64_t start_time);

// What POST /stats/container/ asks for (cAdvisor's info.v1.ContainerInfoRequest with the container's name).
struct ContainerStatsRequest {
  std::string container = "/";
  bool subcontainers = false;
  // Samples before are left out; in seconds since 1970.
  std::optional<double> start;
};

// A map from names to cAdvisor's info.v1.ContainerInfo, each with one sample. Empty, so not found, for a
// container that there is not.
std::string container_stats_text(const NodeUsage& node, std::int64_t start_time,
                                 const ContainerStatsRequest& request);

}  // namespace kubevitals::sim
