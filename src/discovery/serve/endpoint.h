// What the discovery pillar's port answers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "discovery/manager/manager.h"
#include "discovery/serve/sd_endpoint.h"
#include "net/http_server.h"

namespace kubevitals::discovery {

// What the endpoint shows besides the managers. All functions are thread-safe.
struct EndpointSources {
  const Manager* scrape = nullptr;
  const Manager* notify = nullptr;
  std::function<std::string()> config_yaml;  // without secrets
  std::function<bool()> ready;               // a configuration is in force
  std::function<std::string()> own_metrics;  // in the text format
  std::function<asio::awaitable<Result<void>>()> reload;
  std::string version;
  std::string instance;  // of this process: in ETags
};

// Routes requests:
//   /                        what there is, and how the jobs are
//   /sd/v1/jobs[/JOB]        see sd_endpoint.h
//   /api/v1/targets, /api/v1/scrape_pools, /api/v1/alertmanagers, /api/v1/status/config   as Prometheus has
//   them /api/v1/explain          see explain.h
//   /-/healthy, /-/ready, /-/reload (POST or PUT), /metrics
// Thread-safe; what the sources point to outlives it.
class Endpoint {
 public:
  Endpoint(EndpointSources sources, asio::any_io_executor workers);

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request) const;

 private:
  asio::awaitable<net::ServerResponse> explain_target(net::ServerRequest request) const;
  asio::awaitable<net::ServerResponse> reload() const;
  net::ServerResponse targets(const net::ServerRequest& request) const;
  net::ServerResponse simple(const net::ServerRequest& request) const;

  const EndpointSources sources_;
  const asio::any_io_executor workers_;
  const SdEndpoint sd_;
};

}  // namespace kubevitals::discovery
