// The kubelets of the simulated cluster: one for each node of the layout, each on an address of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_server.h"
#include "sim/api/faults.h"
#include "sim/cluster.h"

namespace kubevitals::sim {

struct KubeletOptions {
  bool enabled = false;
  // The first node's kubelet listens on the address after this one, the next on the next. All of them must
  // be loopback addresses other than 127.0.0.1.
  std::string network = "127.128.0.0";
  std::uint16_t port = 10250;  // of all of them; 0: one that is free on the first address
  bool tls = false;            // with certificates of an authority made at start
  bool ip_sans = true;         // the certificates are for the addresses too, not for the nodes' names alone
  std::string token;           // what clients must show: without one 401, with another 403; anyone when empty
};

// Fills in what the nodes' objects show of their kubelets; a port of 0 is replaced by a free one. kInvalid
// for addresses that are not loopback ones.
Result<void> plan_kubelets(KubeletOptions& options, ClusterOptions& cluster);

// Thread-safe but for start() and stop(). They serve as long as they are there, whatever becomes of the
// node's object.
class Kubelets {
 public:
  Kubelets(asio::any_io_executor executor, std::shared_ptr<Cluster> cluster, Clock& clock, Faults& faults,
           KubeletOptions options);
  ~Kubelets();
  Kubelets(const Kubelets&) = delete;
  Kubelets& operator=(const Kubelets&) = delete;

  // "cannot listen on 127.128.0.1:10250: ..."; when one cannot, none listens.
  Result<void> start();
  // Leaves nothing running.
  asio::awaitable<void> stop();

  // What the kubelet of a node answers to the API server, which has a token of its own: for the node proxy.
  // Faults strike as they do on the wire; 503 when they make it dead.
  asio::awaitable<net::ServerResponse> proxy(std::uint32_t node, net::ServerRequest request);

  // Makes kubelets that are dead by a fault, or have another certificate, so, and those well that no longer
  // are. Returns when it is done.
  asio::awaitable<void> apply_faults();
  // The counters of the nodes that a fault of kind kReset is about begin anew; returns how many nodes.
  std::uint32_t reset(const Fault& fault);

  // PEM of the authority that signs the certificates; empty without TLS.
  const std::string& authority() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::sim
