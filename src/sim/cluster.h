// The simulated cluster behind its lock: what the API server, tests and the demo use.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/store.h"

namespace kubevitals::sim {

class Life;

// Thread-safe. Objects are handed out as immutable Versions, which are rendered without the lock (render()).
//
// Consistency: every change of any object gets the next resourceVersion; a snapshot at a resourceVersion
// followed by the events after it gives, for each resource, exactly the objects there are.
class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const Layout& layout() const { return store_.layout(); }
  std::uint64_t rv() const;
  double now() const;
  // The wall clock time that the simulation's present stands for, in seconds since 1970.
  std::int64_t wall_seconds() const;

  std::optional<Version> get(unsigned resource, std::string_view ns, std::string_view name) const;
  // See Store::snapshot(); without `rv` as it is now.
  Result<Snapshot> list(unsigned resource, std::optional<std::uint64_t> rv, std::string_view ns = {},
                        std::string_view start = {}, std::size_t limit = 0) const;
  std::size_t count(unsigned resource) const;
  // What the kubelet of a node knows at one moment: the node's object, if it is there, and all pods that are
  // scheduled to it, by namespace and name.
  struct NodeView {
    double now = 0;  // seconds since the cluster's start
    std::optional<Version> node;
    std::vector<Version> pods;
  };
  NodeView node_view(std::uint32_t node) const;
  void remember_sizes(unsigned resource, const Snapshot& snapshot);

  struct Batch {
    std::vector<Event> events;
    std::uint64_t complete_until = 0;  // there are no further events up to this resourceVersion
  };
  // At most `limit` events after `rv`; kGone when the history does not reach back that far.
  Result<Batch> events(unsigned resource, std::uint64_t rv, std::size_t limit) const;

  // `changed` is called after changes of the resource, from any thread and without the lock; it must be
  // quick. Returns what remove_listener() takes.
  std::uint64_t add_listener(unsigned resource, std::function<void()> changed);
  void remove_listener(std::uint64_t id);

  // Runs `change` on the state under the lock and tells the listeners. How writes and life are done.
  template <typename Change>
  auto modify(Change change) {
    struct Notifier {
      Cluster& cluster;
      std::vector<bool> changed;
      ~Notifier() { cluster.notify(changed); }
    } notifier{*this, {}};
    const std::lock_guard lock(mutex_);
    struct Collector {
      Store& store;
      std::vector<bool>& changed;
      ~Collector() { changed = store.take_changed(); }
    } collector{store_, notifier.changed};
    return change(store_, *life_);
  }

  // Lets simulated time pass: kubelets start and stop pods, deletions finish.
  void advance(double seconds);
  // Makes at least `updates` changes the way a living cluster does; returns how many were made.
  std::size_t churn(std::size_t updates);
  // Changes exactly that many pods, each once; fewer when there are fewer. Owners follow.
  std::size_t churn_pods(std::size_t updates);
  // Updates a second that the server's loop makes (SimServer).
  double churn_rate() const { return churn_rate_.load(); }
  void set_churn_rate(double rate) { churn_rate_.store(rate); }
  void compact();
  // Calls every listener, so that watches look around.
  void wake_all();

 private:
  void notify(const std::vector<bool>& changed);

  mutable std::mutex mutex_;
  Store store_;                 // guarded by mutex_, but for layout(), which is constant
  std::unique_ptr<Life> life_;  // guarded by mutex_

  std::atomic<double> churn_rate_{0};
  std::mutex listeners_mutex_;
  std::uint64_t next_listener_ = 1;
  std::map<std::uint64_t, std::pair<unsigned, std::function<void()>>> listeners_;
};

}  // namespace kubevitals::sim
