// The state pillar at work: feeds into stores, and the two ports that show them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kube/api_transport.h"
#include "kube/feeds.h"
#include "net/web_config_source.h"
#include "state/resources.h"
#include "state/scopes.h"

namespace kubevitals::state {

struct ServiceOptions {
  std::vector<SelectedResource> resources;
  ScopeOptions scope;
  kube::FeedOptions feeds;

  std::string host = "::";
  std::uint16_t port = 8080;  // 0: any free one
  std::string telemetry_host = "::";
  std::uint16_t telemetry_port = 8081;
  std::chrono::milliseconds read_timeout{60'000};
  std::chrono::milliseconds write_timeout{60'000};
  std::chrono::milliseconds idle_timeout{300'000};
  std::shared_ptr<net::WebConfigSource> web;  // of both ports; null: plain HTTP for everybody
  std::string version;                        // shown
};

// Follows the resources and serves them: the main port has /, /metrics, /healthz and /livez, the telemetry
// port /, /metrics and /readyz, as KSM's have. While the API server is away the last good state stays served.
//
// start() and stop() are called once each, stop() also when start() has failed; ports and everything served
// are safe from any thread.
class Service {
 public:
  // `transport` and `clock` outlive the service. Connections are served on `io`, decoding, rendering and
  // compressing are done on `workers`. With `feeds`, which outlive stop(), objects come from there, shared
  // with others, and ServiceOptions::feeds has no meaning; without, the service has feeds of its own.
  Service(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& transport,
          Clock& clock, ServiceOptions options, kube::Feeds* feeds = nullptr);
  ~Service();

  // Listens on both ports and begins to follow; the first lists go on when it returns.
  Result<void> start();
  // Leaves nothing running.
  asio::awaitable<void> stop();

  std::uint16_t port() const;
  std::uint16_t telemetry_port() const;

  // Whether all resources are complete, as /readyz says.
  bool ready() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::state
