// The usage pillar at work: kubelets are scraped, batches go to sinks, APIs are served.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kube/api_transport.h"
#include "kube/feeds.h"
#include "net/web_config_source.h"
#include "usage/api/auth/delegated.h"
#include "usage/flag_uri.h"
#include "usage/model/metric_set.h"
#include "usage/sources/source_options.h"

namespace kubevitals::usage {

// The port that the API server's aggregation layer asks, always with TLS.
struct SecurePortOptions {
  std::string host = "::";
  std::uint16_t port = 4443;                          // 0: any free one
  std::shared_ptr<net::WebConfigSource> certificate;  // null: a self-signed one is made
  DelegatedOptions delegated;
  // Whether a ConfigMap that cannot be read makes unready.
  bool needs_config_map = true;
};

struct ServiceOptions {
  SourceOptions source;
  bool through_api_server = false;  // ask kubelets by the API server's node proxy
  std::vector<FlagUri> sinks;
  std::string node_selector;  // a label selector: other nodes, and what runs there, do not exist
  std::chrono::milliseconds resolution{60'000};
  std::chrono::milliseconds scrape_offset{5'000};
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds export_timeout{20'000};
  LabelFormat labels;
  bool disable_export = false;
  bool disable_metric_sink = false;

  std::string host = "::";
  std::uint16_t port = 8082;    // 0: any free one
  std::string tls_certificate;  // PEM; TLS when set
  std::string tls_key;
  std::string client_ca;      // PEM; clients must show a certificate of these authorities when set
  std::string allowed_users;  // their common names, "a,b"; empty: all
  std::shared_ptr<net::WebConfigSource> web;  // instead of the four above; null: they count
  std::optional<SecurePortOptions> secure;

  kube::FeedOptions feeds;
  std::string version;  // shown
};

// start() and stop() are awaited once each, stop() also when start() has failed; the rest is safe from any
// thread.
class Service {
 public:
  // `api` and `clock` outlive the service. Connections are served on `io`, which has one thread; answers are
  // read and batches are made on `workers`. With `feeds`, which outlive stop(), pods, nodes and namespaces
  // come from there, shared with others; without, the service has feeds of its own.
  Service(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& api, Clock& clock,
          ServiceOptions options, kube::Feeds* feeds = nullptr);
  ~Service();

  // Makes the sinks, listens, and begins; the first cycle goes on when it returns.
  asio::awaitable<Result<void>> start();
  // Leaves nothing running. What is in the sinks' queues has until then to get out.
  asio::awaitable<void> stop(std::chrono::milliseconds grace);

  std::uint16_t port() const;
  std::uint16_t secure_port() const;  // 0: there is none

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::usage
