#include "discovery/kubernetes/clusters.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <random>

#include "discovery/kubernetes/client_transport.h"
#include "discovery/kubernetes/counted_transport.h"
#include "discovery/kubernetes/metrics.h"
#include "kube/api_client.h"
#include "net/pending.h"

namespace kubevitals::discovery::kubernetes {
namespace {

// How often the feeds are asked how they fare.
constexpr std::chrono::milliseconds kLookInterval{250};

std::string name_of(const kube::WatchScope& scope) {
  return std::string(scope.resource.group)
      .append("/")
      .append(scope.resource.plural)
      .append("/")
      .append(scope.namespace_)
      .append("?")
      .append(scope.label_selector)
      .append("&")
      .append(scope.field_selector);
}

// Failures that the feed had so far. That a server does no streaming lists is none: it is asked for a plain
// list then.
std::uint64_t failures_of(const kube::FeedStats& stats) {
  std::uint64_t failures = 0;
  for (const auto& [code, count] : stats.watch_errors) failures += count;
  for (const auto& [code, count] : stats.list_errors) {
    if (code != "422" && code != "415" && code != "501") failures += count;
  }
  return failures;
}

}  // namespace

std::vector<std::shared_ptr<ScopeMonitor>> Cluster::monitors() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<ScopeMonitor>> alive;
  for (const Followed& entry : followed_) {
    if (auto monitor = entry.monitor.lock()) alive.push_back(std::move(monitor));
  }
  return alive;
}

namespace {

// A cluster in use, and the loop that looks after its feeds. The loop and what only it touches live on a
// strand.
class RunningCluster final : public Cluster, public std::enable_shared_from_this<RunningCluster> {
 public:
  struct Context {
    asio::any_io_executor io;
    asio::any_io_executor workers;
    Clock& clock;
    exposition::MetricRegistry& metrics;
    kube::FeedOptions options;
    std::shared_ptr<exposition::Metric> failures;
  };

  // With feeds of others, or with its own.
  RunningCluster(const Context& context, std::string url, kube::Feeds& feeds)
      : clock_(context.clock),
        failures_(context.failures),
        url_(std::move(url)),
        feeds_(feeds),
        strand_(asio::make_strand(context.io)) {}
  RunningCluster(const Context& context, std::string url, std::unique_ptr<kube::ApiTransport> transport,
                 std::uint64_t seed)
      : clock_(context.clock),
        failures_(context.failures),
        url_(std::move(url)),
        transport_(std::move(transport)),
        own_feeds_(std::make_unique<kube::Feeds>(context.workers, *transport_, context.clock, context.options,
                                                 seed)),
        feeds_(*own_feeds_),
        strand_(asio::make_strand(context.io)) {}

  void start() {
    auto ended = [self = shared_from_this()](const std::exception_ptr&) { self->ended(); };
    auto loop = look_after_feeds();
    asio::co_spawn(strand_, std::move(loop), asio::bind_cancellation_slot(end_.slot(), std::move(ended)));
  }

  // Nothing runs afterwards.
  asio::awaitable<void> stop() {
    const auto end = [self = shared_from_this()](net::PendingPtr<bool> pending) {
      self->end_.emit(asio::cancellation_type::all);
      if (self->running_) {
        self->waiter_ = std::move(pending);
      } else {
        pending->complete(true);
      }
    };
    auto ended = net::ask<bool>(strand_, end);
    co_await std::move(ended);
    if (!own_feeds_) co_return;
    auto stopped = own_feeds_->stop();
    co_await std::move(stopped);
  }

  ClusterStats stats() const { return {url_, feeds_.stats()}; }

 private:
  kube::Feeds& feeds() override { return feeds_; }

  asio::awaitable<void> look_after_feeds() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      const bool due = co_await clock_.sleep_for(kLookInterval);
      if (!due) co_return;
      look();
    }
  }

  void ended() {
    running_ = false;
    if (waiter_) waiter_->complete(true);
    waiter_.reset();
  }

  void look() {
    const std::vector<kube::FeedStats> feeds = feeds_.stats();
    for (const auto& monitor : monitors()) {
      const auto stats = std::find_if(feeds.begin(), feeds.end(), [&](const kube::FeedStats& candidate) {
        return candidate.scope == monitor->scope();
      });
      if (stats == feeds.end()) continue;
      monitor->set_error(stats->last_error);
      const std::uint64_t failures = failures_of(*stats);
      std::uint64_t& counted = counted_[name_of(stats->scope)];
      // A feed that was begun anew counts from zero.
      failures_->add(static_cast<double>(failures >= counted ? failures - counted : failures));
      counted = failures;
    }
  }

  Clock& clock_;
  const std::shared_ptr<exposition::Metric> failures_;
  const std::string url_;
  const std::unique_ptr<kube::ApiTransport> transport_;  // of own_feeds_
  const std::unique_ptr<kube::Feeds> own_feeds_;
  kube::Feeds& feeds_;

  net::Strand strand_;
  asio::cancellation_signal end_;                 // on the strand, but for start()
  bool running_ = true;                           // the same
  net::PendingPtr<bool> waiter_;                  // the same
  std::map<std::string, std::uint64_t> counted_;  // failures by scope; the same
};

}  // namespace

class Clusters::Impl final {
 public:
  Impl(RunningCluster::Context context, std::uint64_t seed) : context_(std::move(context)), seeds_(seed) {}

  void set_own(std::string url, kube::Feeds& feeds) {
    const MutexLock lock(mutex_);
    own_url_ = std::move(url);
    own_feeds_ = &feeds;
  }
  bool has_own() const {
    const MutexLock lock(mutex_);
    return own_feeds_ != nullptr;
  }

  Result<std::shared_ptr<Cluster>> acquire(const std::optional<Connection>& connection) {
    const MutexLock lock(mutex_);
    for (Entry& entry : entries_) {
      if (entry.connection != connection) continue;
      ++entry.users;
      return std::shared_ptr<Cluster>(entry.cluster);
    }
    Result<std::shared_ptr<RunningCluster>> cluster = make(connection);
    if (!cluster) return cluster.error();
    entries_.push_back({connection, *cluster, 1});
    (*cluster)->start();
    return std::shared_ptr<Cluster>(*std::move(cluster));
  }

  // The cluster when that was its last user.
  std::shared_ptr<RunningCluster> leave(const std::shared_ptr<Cluster>& cluster) {
    const MutexLock lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.cluster == cluster; });
    if (found == entries_.end() || --found->users != 0) return nullptr;
    auto unused = std::move(found->cluster);
    entries_.erase(found);
    return unused;
  }

  std::vector<std::shared_ptr<RunningCluster>> take_all() {
    const MutexLock lock(mutex_);
    std::vector<std::shared_ptr<RunningCluster>> all;
    for (Entry& entry : entries_) all.push_back(std::move(entry.cluster));
    entries_.clear();
    return all;
  }

  std::vector<ClusterStats> stats() const {
    std::vector<std::shared_ptr<RunningCluster>> running;
    {
      const MutexLock lock(mutex_);
      for (const Entry& entry : entries_) running.push_back(entry.cluster);
    }
    std::vector<ClusterStats> all;
    for (const auto& cluster : running) all.push_back(cluster->stats());
    return all;
  }

 private:
  struct Entry {
    std::optional<Connection> connection;
    std::shared_ptr<RunningCluster> cluster;
    std::size_t users = 0;
  };

  Result<std::shared_ptr<RunningCluster>> make(const std::optional<Connection>& connection) REQUIRES(mutex_) {
    if (!connection) return std::make_shared<RunningCluster>(context_, own_url_, *own_feeds_);
    std::unique_ptr<kube::ApiTransport> transport;
    if (connection->config) {
      transport = std::make_unique<kube::ApiClient>(context_.io, *connection->config, context_.clock);
    } else {
      auto made = make_client_transport(connection->url, connection->http, context_.io, context_.workers,
                                        context_.clock, context_.metrics);
      if (!made) return made.error();
      transport = *std::move(made);
    }
    transport = count_requests(std::move(transport), context_.clock, context_.metrics);
    return std::make_shared<RunningCluster>(context_, connection->address(), std::move(transport), seeds_());
  }

  const RunningCluster::Context context_;

  mutable Mutex mutex_;
  std::mt19937_64 seeds_ GUARDED_BY(mutex_);
  std::string own_url_ GUARDED_BY(mutex_);
  kube::Feeds* own_feeds_ GUARDED_BY(mutex_) = nullptr;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
};

Clusters::Clusters(asio::any_io_executor io, asio::any_io_executor workers, Clock& clock,
                   exposition::MetricRegistry& metrics, kube::FeedOptions options, std::uint64_t random_seed)
    : impl_(std::make_shared<Impl>(RunningCluster::Context{std::move(io), std::move(workers), clock, metrics,
                                                           options, failure_counter(metrics)},
                                   random_seed)) {
  declare_metrics(metrics);
}

Clusters::~Clusters() = default;

void Clusters::set_own(std::string url, kube::Feeds& feeds) {
  impl_->set_own(std::move(url), feeds);
}

bool Clusters::has_own() const {
  return impl_->has_own();
}

Result<std::shared_ptr<Cluster>> Clusters::acquire(const std::optional<Connection>& connection) {
  return impl_->acquire(connection);
}

asio::awaitable<void> Clusters::release(std::shared_ptr<Cluster> cluster) {
  const auto impl = impl_;
  const auto unused = impl->leave(cluster);
  cluster.reset();
  if (!unused) co_return;
  auto stopped = unused->stop();
  co_await std::move(stopped);
}

std::vector<ClusterStats> Clusters::stats() const {
  return impl_->stats();
}

asio::awaitable<void> Clusters::stop() {
  const auto all = impl_->take_all();
  for (const auto& cluster : all) {
    auto stopped = cluster->stop();
    co_await std::move(stopped);
  }
}

}  // namespace kubevitals::discovery::kubernetes
