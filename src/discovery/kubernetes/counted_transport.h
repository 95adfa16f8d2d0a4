// Requests to an API server, counted under the names that client-go's have in Prometheus.
#pragma once

#include <memory>

#include "base/clock.h"
#include "exposition/metric_registry.h"
#include "kube/api_transport.h"

namespace kubevitals::discovery::kubernetes {

// Sends requests on and counts them by status, and how long it took until the head of the answer was there,
// by path. `clock` and `metrics`, which has this mechanism's families, outlive it.
std::unique_ptr<kube::ApiTransport> count_requests(std::unique_ptr<kube::ApiTransport> transport,
                                                   Clock& clock, exposition::MetricRegistry& metrics);

}  // namespace kubevitals::discovery::kubernetes
