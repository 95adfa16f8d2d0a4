// The API server's routes on the simulated cluster.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "sim/api/access.h"
#include "sim/api/error.h"
#include "sim/api/faults.h"
#include "sim/api/list_options.h"
#include "sim/cluster.h"

namespace kubevitals::sim {

class Aggregator;
class Kubelets;

struct ApiServerOptions {
  bool watch_list = true;  // sendInitialEvents is offered
  std::chrono::milliseconds bookmark_interval{60'000};
  std::string token;  // what clients must show as bearer token; anyone may come in when empty
};

// Thread-safe: handle() runs on any number of connections' strands at once.
class ApiServer {
 public:
  ApiServer(std::shared_ptr<Cluster> cluster, Clock& clock, ApiServerOptions options, std::uint64_t seed);

  asio::awaitable<net::ServerResponse> handle(net::ServerRequest request);

  Faults& faults() { return faults_; }
  // Breaks all watches that are open now.
  void drop_watches();
  // Before the first request: whom faults with the resource "kubelet" are about. They must live as long.
  void set_kubelets(Kubelets* kubelets) { kubelets_ = kubelets; }
  // The same: who forwards requests to the server of the metrics API.
  void set_aggregator(Aggregator* aggregator) { aggregator_ = aggregator; }
  Access& access() { return access_; }
  // From now on only this token is good.
  void set_token(std::string token);

 private:
  struct Target {  // what a path names
    unsigned resource = 0;
    std::string ns;
    std::string name;
    std::string subresource;
  };

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request);
  std::optional<User> identify(const net::ServerRequest& request) const;
  std::optional<net::ServerResponse> fixed_path(const net::ServerRequest& request) const;
  std::optional<net::ServerResponse> review(const net::ServerRequest& request) const;
  asio::awaitable<net::ServerResponse> proxy_to_node(net::ServerRequest request) const;
  std::optional<Target> parse_target(std::string_view path) const;
  asio::awaitable<net::ServerResponse> answer_target(net::ServerRequest request, Target target,
                                                     std::vector<Faults::Struck> faults);
  net::ServerResponse get(const net::ServerRequest& request, const Target& target, Media media) const;
  asio::awaitable<net::ServerResponse> list(Target target, ListOptions options, Media media) const;
  net::ServerResponse watch(const Target& target, ListOptions options, Media media,
                            std::vector<Faults::Struck> struck) const;
  net::ServerResponse write(const net::ServerRequest& request, const Target& target, Media media);
  net::ServerResponse admin(const net::ServerRequest& request);
  net::ServerResponse admin_faults(const net::ServerRequest& request);
  net::ServerResponse admin_registration(const net::ServerRequest& request);

  std::shared_ptr<Cluster> cluster_;
  Clock& clock_;
  const ApiServerOptions options_;
  Faults faults_;
  Access access_;
  Kubelets* kubelets_ = nullptr;
  Aggregator* aggregator_ = nullptr;
  std::atomic<std::uint64_t> watch_epoch_{0};
  const std::vector<std::shared_ptr<const char>> presences_;  // by resource; each of its watches holds it
  mutable std::mutex mutex_;
  std::string token_;  // guarded by mutex_
};

}  // namespace kubevitals::sim
