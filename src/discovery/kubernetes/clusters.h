// The API servers that discovery talks to, each with one watch cache for all who need it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "discovery/kubernetes/connection.h"
#include "discovery/kubernetes/projection.h"
#include "exposition/metric_registry.h"
#include "kube/api_transport.h"
#include "kube/feeds.h"

namespace kubevitals::discovery::kubernetes {

// The projections of one API server's scopes. Thread-safe.
class Cluster {
 public:
  virtual ~Cluster() = default;

  // The projection of a scope, shared with all who follow the same one; it lives as long as somebody has it.
  template <typename Object, typename R>
  std::shared_ptr<Projection<Object, R>> follow(const kube::WatchScope& scope) {
    const MutexLock lock(mutex_);
    std::erase_if(followed_, [](const Followed& entry) { return entry.monitor.expired(); });
    for (const Followed& entry : followed_) {
      if (entry.type != typeid(Object) || !(entry.scope == scope)) continue;
      if (auto monitor = entry.monitor.lock()) {
        return std::static_pointer_cast<Projection<Object, R>>(std::move(monitor));
      }
    }
    auto projection = std::make_shared<Projection<Object, R>>(feeds(), scope);
    followed_.push_back({scope, typeid(Object), projection});
    return projection;
  }

 protected:
  virtual kube::Feeds& feeds() = 0;
  std::vector<std::shared_ptr<ScopeMonitor>> monitors() const;

 private:
  struct Followed {
    kube::WatchScope scope;
    std::type_index type;
    std::weak_ptr<ScopeMonitor> monitor;
  };

  mutable Mutex mutex_;
  std::vector<Followed> followed_ GUARDED_BY(mutex_);
};

// What a cluster's feeds say about themselves.
struct ClusterStats {
  std::string url;
  std::vector<kube::FeedStats> feeds;
};

// Connections are made when the first discoverer needs them and dropped with the last; equal configurations
// share one. Thread-safe.
class Clusters final {
 public:
  // `clock`, `metrics` and what runs the executors outlive this. Declares this mechanism's metrics.
  Clusters(asio::any_io_executor io, asio::any_io_executor workers, Clock& clock,
           exposition::MetricRegistry& metrics, kube::FeedOptions options, std::uint64_t random_seed);
  // stop() was awaited, or nothing was ever acquired.
  ~Clusters();
  Clusters(const Clusters&) = delete;
  Clusters& operator=(const Clusters&) = delete;

  // The cluster that the program itself belongs to, with the feeds that others use, too: for configurations
  // that name no API server. Before the first acquire(). `feeds` outlive this; they are not stopped here.
  void set_own(std::string url, kube::Feeds& feeds);
  bool has_own() const;

  // The cluster that is reached so; nullopt: the own one, which must have been set. To be given back by
  // release(), after the projections that were made with it were dropped. Fails when a certificate cannot be
  // read any more.
  Result<std::shared_ptr<Cluster>> acquire(const std::optional<Connection>& connection);
  // With the last user the connection is closed; that is awaited. Not to be cancelled.
  asio::awaitable<void> release(std::shared_ptr<Cluster> cluster);

  // Of all clusters in use.
  std::vector<ClusterStats> stats() const;

  // Waits until everything that was released is gone. All users have released theirs before.
  asio::awaitable<void> stop();

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::discovery::kubernetes
