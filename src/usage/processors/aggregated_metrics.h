// Which metrics are summed up over pods.
#pragma once

#include <array>

#include "usage/model/metric.h"

namespace kubevitals::usage {

// Of namespaces and of the cluster; all of them are integers.
inline constexpr std::array kClusterMetrics{Metric::kCpuUsageRate,  Metric::kMemoryUsage,
                                            Metric::kCpuRequest,    Metric::kCpuLimit,
                                            Metric::kMemoryRequest, Metric::kMemoryLimit};
// Of nodes.
inline constexpr std::array kNodeMetrics{Metric::kCpuRequest,
                                         Metric::kCpuLimit,
                                         Metric::kMemoryRequest,
                                         Metric::kMemoryLimit,
                                         Metric::kEphemeralStorageRequest,
                                         Metric::kEphemeralStorageLimit};

}  // namespace kubevitals::usage
