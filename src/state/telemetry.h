// What the program tells about itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exposition/metric_writer.h"
#include "kube/feeds.h"
#include "net/web_config_source.h"

namespace kubevitals::state {

// Counts what was served; written and read from any thread.
struct ScrapeMetrics {
  std::atomic<std::uint64_t> gzip{0};
  std::atomic<std::uint64_t> plain{0};
  exposition::DurationHistogram prepare;  // from a request to the first byte of its response
  exposition::DurationHistogram get;      // from a request to the last byte, or to where it broke off
  exposition::DurationHistogram head;
};

// The text that a feed's store keeps, as it was when it was last looked at.
struct StoreFigures {
  kube::WatchScope scope;
  std::uint64_t text_bytes = 0;
  std::uint64_t compressed_bytes = 0;
};

// What the telemetry port shows; a copy.
struct Telemetry {
  std::string version;
  bool ready = false;
  std::vector<kube::FeedStats> feeds;
  std::vector<StoreFigures> stores;
  std::optional<net::WebConfigSource::Figures> web;  // when there is a web configuration
  SteadyTime now;
};

// The telemetry port's metrics in the text format. KSM's names where KSM has the figure, so that its alerts
// and dashboards go on working (kube_state_metrics_list_total, kube_state_metrics_watch_total,
// http_request_duration_seconds, ...); kubevitals_* for the rest, process_* as every exporter has them.
std::string telemetry_text(const Telemetry& telemetry, const ScrapeMetrics& scrapes);

}  // namespace kubevitals::state
