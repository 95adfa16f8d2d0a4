// Discovering once, for `kubevitals targets`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "discovery/manager/manager.h"

namespace kubevitals::discovery {

// What became of all targets when every mechanism had answered, or when the time was over.
struct DiscoveredOnce {
  // {"<job>": [{"discoveredLabels": {...}, "labels": {...} or null, "dropped_by": number or null,
  // "error": text or null}, ...]}: targets by source and position.
  std::string json;
  std::vector<std::string> problems;  // mechanisms without an answer, or that do not work
};

asio::awaitable<DiscoveredOnce> discover_once(Manager& manager,
                                              std::vector<std::shared_ptr<const JobSpec>> jobs,
                                              std::chrono::milliseconds timeout);

}  // namespace kubevitals::discovery
