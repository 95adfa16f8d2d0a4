#include "discovery/kubernetes/metrics.h"

#include <string>

namespace kubevitals::discovery::kubernetes {
namespace {

constexpr std::string_view kEvents = "prometheus_sd_kubernetes_events_total";
constexpr std::string_view kFailures = "prometheus_sd_kubernetes_failures_total";
constexpr std::string_view kRoles[] = {"endpoints", "endpointslice", "ingress", "node", "pod", "service"};

}  // namespace

std::vector<exposition::MetricFamily> metric_families() {
  using exposition::MetricKind;
  return {
      {kEvents,
       MetricKind::kCounter,
       "Events of Kubernetes objects that discovery has seen.",
       {"role", "event"}},
      {kFailures, MetricKind::kCounter, "Failed LIST and WATCH requests of discovery.", {}},
      {kRequestsMetric,
       MetricKind::kCounter,
       "Requests to API servers, by the status of the answer.",
       {"status_code"}},
      {kRequestDurationMetric,
       MetricKind::kHistogram,
       "How long it took until the head of an API server's answer was there.",
       {"endpoint"}},
  };
}

void declare_metrics(exposition::MetricRegistry& registry) {
  for (const std::string_view role : kRoles) event_counters(registry, role);
}

EventCounters event_counters(exposition::MetricRegistry& registry, std::string_view role) {
  const auto counter = [&](const char* event) {
    return registry.metric(kEvents, {std::string(role), event});
  };
  return {counter("add"), counter("update"), counter("delete")};
}

std::shared_ptr<exposition::Metric> failure_counter(exposition::MetricRegistry& registry) {
  return registry.metric(kFailures);
}

}  // namespace kubevitals::discovery::kubernetes
