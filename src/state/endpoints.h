// What the two ports answer; see service.h for how they come to life.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "kube/api_transport.h"
#include "net/http_server.h"
#include "state/exposition.h"
#include "state/readiness.h"
#include "state/telemetry.h"

namespace kubevitals::state {

// The main port: /, /metrics, /healthz and /livez. Only GET and HEAD. Thread-safe.
//
// /metrics takes ?resources=a,b and ?exclude_resources=a,b, each any number of times; unknown names select
// nothing. /healthz says that the program runs, /livez that the API server lives and can be reached. The
// exposition and the transport outlive the endpoint.
class MainEndpoint {
 public:
  MainEndpoint(const Exposition& exposition, kube::ApiTransport& transport,
               std::shared_ptr<ScrapeMetrics> scrapes, std::string version)
      : exposition_(exposition),
        transport_(transport),
        scrapes_(std::move(scrapes)),
        version_(std::move(version)) {}

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request) const;

 private:
  asio::awaitable<net::ServerResponse> scrape(net::ServerRequest request) const;
  asio::awaitable<net::ServerResponse> livez() const;

  const Exposition& exposition_;
  kube::ApiTransport& transport_;
  const std::shared_ptr<ScrapeMetrics> scrapes_;
  const std::string version_;
};

// The telemetry port: /, /metrics and /readyz. Only GET and HEAD. Thread-safe if its parameters are.
class TelemetryEndpoint {
 public:
  TelemetryEndpoint(std::function<Telemetry()> telemetry, std::function<Readiness()> readiness,
                    std::shared_ptr<const ScrapeMetrics> scrapes, std::string version)
      : telemetry_(std::move(telemetry)),
        readiness_(std::move(readiness)),
        scrapes_(std::move(scrapes)),
        version_(std::move(version)) {}

  net::ServerResponse answer(const net::ServerRequest& request) const;

 private:
  const std::function<Telemetry()> telemetry_;
  const std::function<Readiness()> readiness_;
  const std::shared_ptr<const ScrapeMetrics> scrapes_;
  const std::string version_;
};

}  // namespace kubevitals::state
