#include "sim/collection.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kubevitals::sim {

void Collection::load(std::vector<Version> versions) {
  std::vector<std::string> keys;
  keys.reserve(versions.size());
  for (const Version& version : versions) keys.push_back(key_of(*layout_, resource_, version));
  order_.resize(versions.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
  for (Version& version : versions) {
    slots_.push_back(std::move(version));
    enter_node(static_cast<std::uint32_t>(slots_.size() - 1));
  }
}

void Collection::enter_node(std::uint32_t slot) {
  const std::uint32_t node = slots_[slot].number;
  if (resource_ != kPod || node >= layout_->node_count()) return;
  if (by_node_.empty()) by_node_.resize(layout_->node_count());
  by_node_[node].push_back(slot);
}

void Collection::leave_node(std::uint32_t slot) {
  const std::uint32_t node = slots_[slot].number;
  if (resource_ != kPod || node >= by_node_.size()) return;
  std::vector<std::uint32_t>& slots = by_node_[node];
  const auto found = std::find(slots.begin(), slots.end(), slot);
  if (found == slots.end()) return;
  *found = slots.back();
  slots.pop_back();
}

std::vector<Version> Collection::on_node(std::uint32_t node) const {
  std::vector<Version> pods;
  if (node >= by_node_.size()) return pods;
  pods.reserve(by_node_[node].size());
  for (const std::uint32_t slot : by_node_[node]) pods.push_back(slots_[slot]);
  return pods;
}

std::size_t Collection::lower_bound(std::string_view key) const {
  const auto found = std::lower_bound(order_.begin(), order_.end(), key,
                                      [this](std::uint32_t slot, std::string_view wanted) {
                                        return key_of(*layout_, resource_, slots_[slot]) < wanted;
                                      });
  return static_cast<std::size_t>(found - order_.begin());
}

const Version* Collection::find(std::string_view key) const {
  const std::size_t position = lower_bound(key);
  return position < size() && key_at(position) == key ? &at(position) : nullptr;
}

const Version& Collection::put(std::string_view key, Version version) {
  const std::size_t position = lower_bound(key);
  if (position < size() && key_at(position) == key) {
    const std::uint32_t slot = order_[position];
    const bool moved = slots_[slot].number != version.number;
    if (moved) leave_node(slot);
    slots_[slot] = std::move(version);
    if (moved) enter_node(slot);
    return slots_[slot];
  }
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.push_back(std::move(version));
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::move(version);
  }
  enter_node(slot);
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(position), slot);
  return slots_[slot];
}

bool Collection::erase(std::string_view key) {
  const std::size_t position = lower_bound(key);
  if (position >= size() || key_at(position) != key) return false;
  const std::uint32_t slot = order_[position];
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(position));
  leave_node(slot);
  slots_[slot] = Version{};
  free_.push_back(slot);
  return true;
}

void Collection::remember_size(std::size_t position, const Version& version) {
  if (position >= size()) return;
  Version& current = slots_[order_[position]];
  if (current.rv == version.rv) current.protobuf_size = version.protobuf_size;
}

void EventLog::append(Event event) {
  events_.push_back(std::move(event));
  if (events_.size() > capacity_) {
    forgotten_ = events_.front().after.rv;
    events_.pop_front();
  }
}

void EventLog::forget_until(std::uint64_t rv) {
  while (!events_.empty() && events_.front().after.rv <= rv) events_.pop_front();
  forgotten_ = std::max(forgotten_, rv);
}

std::size_t EventLog::after(std::uint64_t rv) const {
  const auto found =
      std::upper_bound(events_.begin(), events_.end(), rv,
                       [](std::uint64_t wanted, const Event& event) { return wanted < event.after.rv; });
  return static_cast<std::size_t>(found - events_.begin());
}

}  // namespace kubevitals::sim
