// The usage pillar's metrics about itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exposition/metric_writer.h"
#include "kube/feeds.h"
#include "usage/directory/directory.h"
#include "usage/manager/manager.h"
#include "usage/manager/scraper.h"

namespace kubevitals::usage {

// What is known at one moment.
struct OwnMetrics {
  std::string version;
  std::string source;  // as --source names it
  Manager::Figures cycles;
  std::uint64_t succeeded_scrapes = 0;  // of all nodes that there ever were
  std::uint64_t failed_scrapes = 0;
  std::map<std::string, NodeScrape> nodes;
  const exposition::DurationHistogram* scrape_durations = nullptr;
  Directory::Figures directory;
  std::vector<kube::FeedStats> feeds;
  SteadyTime now;
};

// kubevitals_usage_*, and metrics-server's names where the meaning is the same.
void write_own_metrics(exposition::MetricWriter& writer, const OwnMetrics& metrics);

// The nodes and how their last scrapes went, with the reason where one failed, as a JSON document:
// {"nodes": [{"name": …, "up": …, "lastSuccess": …, "lastAttempt": …, "durationSeconds": …, "error": …}, …]}.
std::string nodes_document(const std::vector<std::shared_ptr<const NodeRecord>>& nodes,
                           const std::map<std::string, NodeScrape>& scrapes, bool ask_unready);

}  // namespace kubevitals::usage
