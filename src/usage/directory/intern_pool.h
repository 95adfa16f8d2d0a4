// Equal values that many hold, kept once.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace kubevitals::usage {

// Hash is a function object over T. A value lives as long as somebody holds it. Not thread-safe; the values
// are constant and may go anywhere.
template <typename T, typename Hash>
class InternPool {
 public:
  std::shared_ptr<const T> intern(T value) {
    const std::size_t hash = Hash{}(value);
    const auto [begin, end] = values_.equal_range(hash);
    for (auto known = begin; known != end; ++known) {
      if (std::shared_ptr<const T> held = known->second.lock(); held && *held == value) return held;
    }
    if (values_.size() >= purge_at_) purge();
    auto made = std::make_shared<const T>(std::move(value));
    values_.emplace(hash, made);
    return made;
  }

 private:
  void purge() {
    std::erase_if(values_, [](const auto& entry) { return entry.second.expired(); });
    purge_at_ = 2 * values_.size() + 64;
  }

  std::unordered_multimap<std::size_t, std::weak_ptr<const T>> values_;
  std::size_t purge_at_ = 64;
};

}  // namespace kubevitals::usage
