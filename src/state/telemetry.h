// What the program tells about itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kube/feeds.h"

namespace kubevitals::state {

// Counts what was served; written and read from any thread.
class ScrapeMetrics {
 public:
  void count(bool gzip, std::chrono::nanoseconds until_head) {
    (gzip ? gzip_ : plain_).fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(until_head.count(), std::memory_order_relaxed);
  }
  std::uint64_t gzip() const { return gzip_.load(std::memory_order_relaxed); }
  std::uint64_t plain() const { return plain_.load(std::memory_order_relaxed); }
  double seconds() const { return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9; }

 private:
  std::atomic<std::uint64_t> gzip_{0};
  std::atomic<std::uint64_t> plain_{0};
  std::atomic<std::int64_t> nanoseconds_{0};
};

// The telemetry port's metrics in the text format. KSM's names where KSM has the figure
// (kube_state_metrics_list_total, kube_state_metrics_watch_total), kubevitals_* for the rest, process_* as
// every exporter has them.
std::string telemetry_text(const std::vector<kube::FeedStats>& feeds, const ScrapeMetrics& scrapes,
                           SteadyTime now, const std::string& version);

}  // namespace kubevitals::state
