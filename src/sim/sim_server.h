// The simulated cluster as a server: what `kubevitals sim` and `demo` run, and tests use in-process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/http_server.h"
#include "sim/api/aggregator.h"
#include "sim/api/server.h"
#include "sim/cluster.h"
#include "sim/kubelet/kubelets.h"

namespace kubevitals::sim {

struct SimOptions {
  ClusterOptions cluster;
  ApiServerOptions api;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  bool tls = false;        // with a self-signed certificate made at start
  double churn_per_second =
      0;  // updates of objects that life makes; 0: only clients and kubelets change anything
  KubeletOptions kubelets;
  AggregationOptions aggregation;
};

// Thread-safe but for start() and stop(), which are called once each. The executor may have any number of
// threads; requests are answered on connections' strands, in slices of a few milliseconds.
class SimServer {
 public:
  SimServer(asio::any_io_executor executor, Clock& clock, SimOptions options);
  ~SimServer();
  SimServer(const SimServer&) = delete;
  SimServer& operator=(const SimServer&) = delete;

  // Listens and lets time run: "cannot listen on 127.0.0.1:8001: ...".
  Result<void> start();
  // Leaves nothing running.
  asio::awaitable<void> stop();

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8001", once started
  // PEM of the server's certificate, which is its own CA; empty without TLS.
  const std::string& certificate() const;
  // PEM of the authority that signs the kubelets' certificates; empty without TLS.
  const std::string& kubelet_authority() const;
  std::uint16_t kubelet_port() const;
  // PEM of the authority of the front proxy, which extension API servers must trust.
  const std::string& requestheader_authority() const;
  // A kubeconfig with which kubectl and this program reach the server.
  std::string kubeconfig() const;

  Cluster& cluster();
  ApiServer& api();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::sim
