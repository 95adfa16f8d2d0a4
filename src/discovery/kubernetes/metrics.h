// What this mechanism counts, under Prometheus' names.
#pragma once

#include <string_view>
#include <vector>

#include "discovery/kubernetes/projection.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::kubernetes {

inline constexpr std::string_view kRequestsMetric = "prometheus_sd_kubernetes_http_request_total";
inline constexpr std::string_view kRequestDurationMetric =
    "prometheus_sd_kubernetes_http_request_duration_seconds";

// For the constructor of the registry that this mechanism is given.
std::vector<exposition::MetricFamily> metric_families();

// Makes all series, so that they are there from the start with 0.
void declare_metrics(exposition::MetricRegistry& registry);

// The counters of a role's own objects.
EventCounters event_counters(exposition::MetricRegistry& registry, std::string_view role);

std::shared_ptr<exposition::Metric> failure_counter(exposition::MetricRegistry& registry);

}  // namespace kubevitals::discovery::kubernetes
