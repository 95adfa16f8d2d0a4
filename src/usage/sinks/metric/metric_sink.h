// The sink "metric": the last minutes in memory, for the APIs.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "usage/directory/directory.h"
#include "usage/model/batch.h"
#include "usage/model/set_name.h"
#include "usage/sinks/metric/long_store.h"

namespace kubevitals::usage {

// Keeps whole batches for 140 s, and cpu/usage_rate and memory/usage of all sets for 15 min. Thread-safe;
// what is asked for is looked up in a snapshot, so that nobody waits for anybody.
class MetricSink {
 public:
  static constexpr Nanos kShortAge = 140'000'000'000;
  static constexpr Nanos kLongAge = 15 * 60 * Nanos{1'000'000'000};

  // The directory tells on which node a pod is, and outlives this.
  explicit MetricSink(const Directory& directory) : directory_(directory) {}

  // `now` is the wall time; what is older than it should be is dropped, by the batches' times.
  void store(std::shared_ptr<const Batch> batch, Nanos now);

  // The batches of the last 140 s, oldest first.
  std::vector<std::shared_ptr<const Batch>> batches() const;
  std::shared_ptr<const Batch> latest() const;  // null: none yet

  struct Point {
    Nanos time;
    ValueType type;
    Value value;
  };
  using Points = std::vector<Point>;
  // The values of a metric of each set from `start` to `end`, both included, oldest first. A node may be
  // named by its hostname.
  std::vector<Points> points(std::span<const SetName> sets, std::string_view metric, Nanos start,
                             Nanos end) const;

  using Labels = std::vector<std::pair<std::string, std::string>>;
  // The same of a labelled metric, with just these labels; each name at most once.
  std::vector<Points> labelled_points(std::span<const SetName> sets, std::string_view metric,
                                      const Labels& labels, Nanos start, Nanos end) const;

  // Each list in the order of the alphabet: of the metrics (without labels) that the set had in the last 140
  // s; ...
  std::vector<std::string> metric_names(const SetName& set) const;
  // ... and of what is in the latest batch.
  std::vector<std::string> keys() const;
  std::vector<std::string> nodes() const;
  std::vector<std::string> namespaces() const;
  std::vector<std::string> pods(std::string_view namespace_) const;
  std::vector<std::string> containers(std::string_view namespace_, std::string_view pod) const;
  std::vector<std::string> system_containers(std::string_view node) const;

  // What the values kept for 15 min take.
  std::size_t long_store_bytes() const;

 private:
  std::vector<Points> long_points(std::span<const SetName> sets, Metric metric, Nanos start, Nanos end) const;

  const Directory& directory_;
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<const Batch>> short_ GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const LongBatch>> long_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
