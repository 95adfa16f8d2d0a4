// The aggregation layer: one API group that another server answers for, behind this one's address.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/self_signed.h"
#include "sim/api/access.h"
#include "sim/cluster.h"

namespace kubevitals::sim {

// The group that is proxied, in the version whose discovery is served here.
inline constexpr std::string_view kMetricsGroup = "metrics.k8s.io", kMetricsVersion = "v1beta1";

struct AggregationOptions {
  bool enabled = false;     // the ConfigMap is there from the start; registering a server enables it as well
  std::string metrics_api;  // URL of the server of metrics.k8s.io; none when empty
  std::string ca;           // PEM that its certificate is verified with; it is not verified when empty
};

// Forwards requests as kube-apiserver's aggregator does: who the client is stands in X-Remote-* headers,
// which the other server believes because of the front proxy's client certificate. Thread-safe.
class Aggregator {
 public:
  Aggregator(asio::any_io_executor executor, std::shared_ptr<Cluster> cluster, AggregationOptions options);

  // Makes the front proxy's certificates, and the objects in the API that belong to them.
  Result<void> start();

  // From now on this server answers for the group; none does when the URL is empty.
  Result<void> register_server(std::string url, std::string ca);
  bool registered() const;

  // Whether the path is one that the other server answers; false when there is none.
  bool handles(std::string_view path) const;
  // 503 when the other server cannot be reached.
  asio::awaitable<net::ServerResponse> forward(net::ServerRequest request, User user);

  // PEM of the authority that the other server must trust for the request headers.
  const std::string& authority() const { return authority_.certificate; }

 private:
  struct Backend {
    Backend(asio::any_io_executor executor, net::TransportOptions transport, std::string the_url)
        : client(std::move(executor), std::move(transport)), url(std::move(the_url)) {}
    net::HttpClient client;
    const std::string url;
  };
  std::shared_ptr<Backend> backend() const;
  void publish(bool registered);
  void set_available(bool available);

  const asio::any_io_executor executor_;
  const std::shared_ptr<Cluster> cluster_;
  const AggregationOptions options_;
  net::KeyPair authority_, client_;  // constant after start()
  mutable std::mutex mutex_;
  std::shared_ptr<Backend> backend_;  // guarded by mutex_
  bool available_ = true;             // guarded by mutex_: what the APIService object says
};

}  // namespace kubevitals::sim
