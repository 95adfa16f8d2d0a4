// The program's own metrics that are counted where things happen and collected when somebody asks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "exposition/metric_writer.h"

namespace kubevitals::exposition {

enum class MetricKind { kCounter, kGauge, kHistogram };

// A family that the registry shows. Names and label names are constant texts.
struct MetricFamily {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  std::vector<std::string_view> labels;  // names, in the order of the values
};

// A number that counts up or is set. Thread-safe.
class Metric {
 public:
  void add(double value = 1) { value_.fetch_add(value, std::memory_order_relaxed); }
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Holds families and their series. Thread-safe.
class MetricRegistry {
 public:
  // The families that exist, in the order in which they are written. A family without labels has its series
  // from the start.
  explicit MetricRegistry(std::vector<MetricFamily> families);

  // The series with these label values, made when it is new; `family` must be a counter or a gauge of the
  // constructor's. The handle stays valid after remove().
  std::shared_ptr<Metric> metric(std::string_view family, std::vector<std::string> values = {});
  std::shared_ptr<DurationHistogram> histogram(std::string_view family, std::vector<std::string> values = {});

  // The series exists for as long as somebody has a lease of it, then it is removed: for what comes and goes,
  // and may be there twice. The registry must outlive the leases.
  std::shared_ptr<const void> lease(std::string_view family, std::vector<std::string> values);

  // The series is not written any more.
  void remove(std::string_view family, const std::vector<std::string>& values);

  void write(MetricWriter& writer) const;

 private:
  struct Series {
    std::shared_ptr<Metric> metric;
    std::shared_ptr<DurationHistogram> histogram;
    std::weak_ptr<const void> lease;
  };
  class Lease;
  struct Family {
    MetricFamily description;
    std::map<std::vector<std::string>, Series> series;
  };

  Series& series(std::string_view family, std::vector<std::string> values) REQUIRES(mutex_);
  void end_lease(std::string_view family, const std::vector<std::string>& values);

  mutable Mutex mutex_;
  std::vector<Family> families_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::exposition
