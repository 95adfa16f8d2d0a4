#include "kube/feed_metrics.h"

namespace kubevitals::kube {
namespace {

constexpr const char* kEventNames[] = {"added", "modified", "deleted", "bookmark"};

}  // namespace

void FeedMetrics::list_begun() {
  const std::lock_guard lock(mutex_);
  ++stats_.lists;
}

void FeedMetrics::watch_begun(bool again) {
  const std::lock_guard lock(mutex_);
  ++stats_.watches;
  stats_.reconnects += again ? 1 : 0;
}

void FeedMetrics::watch_opened() {
  const std::lock_guard lock(mutex_);
  ++stats_.watches_open;
}

void FeedMetrics::bytes(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  stats_.bytes += count;
}

void FeedMetrics::event(WatchEventType type, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  stats_.last_event = now;
  if (type == WatchEventType::kBookmark) {
    stats_.last_bookmark = now;
  }
  if (type != WatchEventType::kError) {
    ++events_[static_cast<std::size_t>(type)];
  }
}

void FeedMetrics::error(Phase phase, const std::string& code) {
  const std::lock_guard lock(mutex_);
  ++(phase == Phase::kList ? stats_.list_errors : stats_.watch_errors)[code];
}

void FeedMetrics::outcome(std::string_view message) {
  const std::lock_guard lock(mutex_);
  stats_.last_error = message;
}

void FeedMetrics::synced() {
  const std::lock_guard lock(mutex_);
  stats_.synced = true;
  ++stats_.lists_complete;
}

void FeedMetrics::state(std::uint64_t objects, const std::string& resource_version) {
  const std::lock_guard lock(mutex_);
  stats_.objects = objects;
  if (stats_.resource_version != resource_version) {
    stats_.resource_version = resource_version;
  }
}

FeedStats FeedMetrics::get() const {
  const std::lock_guard lock(mutex_);
  FeedStats stats = stats_;
  for (std::size_t type = 0; type < std::size(events_); ++type) {
    if (events_[type] != 0) {
      stats.events[kEventNames[type]] = events_[type];
    }
  }
  return stats;
}

}  // namespace kubevitals::kube
