// What a feed counts about itself.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kube/feeds.h"
#include "kube/watch_stream.h"

namespace kubevitals::kube {

// Written by the feed's strand, read from any thread: copying costs the reader some microseconds and the feed
// nothing to speak of.
class FeedMetrics final {
 public:
  enum class Phase { kList, kWatch };

  explicit FeedMetrics(WatchScope scope) { stats_.scope = std::move(scope); }

  void list_begun();
  void watch_begun(bool again);
  void watch_opened();
  void bytes(std::uint64_t count);
  void event(WatchEventType type, SteadyTime now);
  // Counts an error; nothing else.
  void error(Phase phase, const std::string& code);
  // The last attempt failed, or went well when `message` is empty.
  void outcome(std::string_view message);
  void synced();  // a list is complete
  void state(std::uint64_t objects, const std::string& resource_version);

  FeedStats get() const;

 private:
  mutable std::mutex mutex_;
  FeedStats stats_;               // guarded by mutex_; but for `events`
  std::uint64_t events_[4] = {};  // by WatchEventType; guarded by mutex_
};

}  // namespace kubevitals::kube
