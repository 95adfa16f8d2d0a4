// What the usage pillar's port answers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "usage/api/auth/gate.h"
#include "usage/api/resource_metrics_api.h"
#include "usage/model/metric_set.h"
#include "usage/sinks/metric/metric_sink.h"
#include "usage/sinks/sink_worker.h"

namespace kubevitals::usage {

// What the endpoint shows. What is pointed to outlives it; all functions are thread-safe.
struct UsageEndpointSources {
  ResourceMetricsSources metrics;
  const MetricSink* sink = nullptr;  // null: --disable-metric-sink, and neither Model API nor export
  bool disable_export = false;       // the export is an empty list
  LabelFormat labels;
  std::string version;
  std::function<std::string()> own_metrics;  // in the text format
  std::function<std::string()> nodes;        // how their scrapes went, as JSON; may be null
  // What is late, when the last cycle should have ended by now; empty: nothing.
  std::function<std::string()> late;
  // Why it is not known whom to believe; empty: it is. May be null.
  std::function<std::string()> authentication;
  std::function<std::vector<SinkHealth>()> sinks;  // may be null
  std::shared_ptr<Gate> gate;                      // null: everybody may ask
};

// Routes requests:
//   /api/v1/model/…, /api/v1/metric-export, /api/v1/metric-export-schema    see model_api.h, export_api.h
//   /apis/…                                                                 see resource_metrics_api.h
//   /openapi/…                                                              see openapi.h
//   /healthz           "ok" as long as the latest batch is younger than 3 minutes and not empty, as Heapster
//                      has it
//   /livez, /readyz    as metrics-server has them, with the causes; ?verbose lists all checks, and how sinks
//   do,
//                      which fail none: what the metrics API says does not depend on them
//   /metrics           our own
//   /                  a page with all of these
//   /debug/pprof/      see net/profile_endpoint.h
// GET and HEAD are all there is. Thread-safe.
class UsageEndpoint {
 public:
  UsageEndpoint(UsageEndpointSources sources, asio::any_io_executor workers);

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request) const;

 private:
  // A check of /livez or /readyz, and what is wrong; empty: nothing.
  struct Check {
    std::string name;
    std::string failure;
    bool counts = true;
  };

  net::ServerResponse route(const net::ServerRequest& request) const;
  net::ServerResponse front_page() const;
  net::ServerResponse exported(const net::ServerRequest& request) const;
  net::ServerResponse health() const;
  net::ServerResponse probe(const net::ServerRequest& request, std::string_view name,
                            const std::vector<Check>& checks) const;
  std::vector<Check> live_checks() const;
  std::vector<Check> ready_checks() const;
  Nanos now() const;

  const UsageEndpointSources sources_;
  const asio::any_io_executor workers_;
  const ResourceMetricsApi metrics_api_;
};

}  // namespace kubevitals::usage
