// Runs the discovery mechanisms of all jobs and publishes the targets that they find.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/discoverer.h"
#include "discovery/manager/snapshot.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery {

struct ManagerOptions {
  std::string name = "scrape";  // the label "name" of self metrics
  // How long publications wait for one another while there is always something new. After a quiet time of
  // this length the first goes out at once, the second a fiftieth of it later at the soonest, and so on,
  // doubled each time.
  std::chrono::milliseconds throttle{5000};
};

// What the manager promises:
// - Equal options, over all jobs, are one mechanism at work: one set of connections and of groups.
// - After apply() the jobs are exactly those given, and published. What is equal to before goes on untouched:
//   a mechanism that is still wanted keeps its groups, a job that did not change keeps its targets without a
//   hole. What is not wanted any more is gone from the snapshot when apply() returns, and has ended.
// - Every update of a mechanism is in the snapshot after the throttle's time at the latest; of several
//   updates of a source in between only the last one. Only what changed is relabelled.
// - A mechanism that fails keeps what it found, and its error is in the snapshot.
//
// Thread-safe; everything happens on one strand of the context's workers.
class Manager {
 public:
  // What `context` refers to outlives the manager.
  Manager(ManagerOptions options, DiscovererContext context);
  ~Manager();

  // One call at a time. A mechanism that cannot be made is counted and named in the job's snapshot; the job's
  // others work.
  asio::awaitable<void> apply(std::vector<std::shared_ptr<const JobSpec>> jobs);

  std::shared_ptr<const Snapshot> snapshot() const;

  // Wakes up with every publication.
  ChangeSignal& published() const;

  // Why a job has no target with this label, as its mechanisms know it.
  asio::awaitable<std::vector<std::string>> why_absent(std::string job, AbsenceQuery query) const;

  // Ends all mechanisms; nothing runs afterwards. To be awaited before the manager ends.
  asio::awaitable<void> stop();

  // Families of all managers' own metrics, for the registry.
  static std::vector<exposition::MetricFamily> metric_families();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::discovery
