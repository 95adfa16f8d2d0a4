// Answers that are good for some time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace kubevitals::usage {

// At most `most` entries: when there is no room, those that have expired make some, or else all go.
// Thread-safe.
template <typename T>
class ExpiringMap {
 public:
  ExpiringMap(Duration lifetime, std::size_t most) : lifetime_(lifetime), most_(most) {}

  std::optional<T> find(const std::string& key, SteadyTime now) const {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.second <= now) return std::nullopt;
    return found->second.first;
  }

  void put(std::string key, T value, SteadyTime now) {
    const MutexLock lock(mutex_);
    if (entries_.size() >= most_)
      std::erase_if(entries_, [now](const auto& entry) { return entry.second.second <= now; });
    if (entries_.size() >= most_) entries_.clear();
    entries_.insert_or_assign(std::move(key), std::pair(std::move(value), now + lifetime_));
  }

 private:
  const Duration lifetime_;
  const std::size_t most_;
  mutable Mutex mutex_;
  std::unordered_map<std::string, std::pair<T, SteadyTime>> entries_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
