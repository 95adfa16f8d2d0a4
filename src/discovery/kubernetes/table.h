// The records of one scope as a discoverer knows them.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "discovery/kubernetes/records.h"
#include "kube/feed_subscriber.h"

namespace kubevitals::discovery::kubernetes {

// Records by the slots that their feed gives them, found by key. Not thread-safe.
template <typename R>
class Table final {
 public:
  Table() : by_key_(0, Hash{&by_slot_}, Equal{&by_slot_}) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // What is in the slot from now on; null: nothing. Returns what was there. An object that was deleted and
  // created again may have two slots for a moment: the later one is found.
  RecordPtr<R> put(kube::ObjectSlot slot, RecordPtr<R> record) {
    if (slot >= by_slot_.size()) by_slot_.resize(slot + 1);
    RecordPtr<R> old = by_slot_[slot];
    if (old) {
      const auto found = by_key_.find(std::string_view(old->key));
      if (found != by_key_.end() && *found == slot) by_key_.erase(found);
    }
    by_slot_[slot] = std::move(record);
    if (by_slot_[slot]) {
      const auto found = by_key_.find(std::string_view(by_slot_[slot]->key));
      if (found != by_key_.end()) by_key_.erase(found);
      by_key_.insert(slot);
    }
    return old;
  }

  const R* find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : by_slot_[*found].get();
  }
  // Null when the slot is empty.
  const RecordPtr<R>& at(kube::ObjectSlot slot) const { return by_slot_[slot]; }
  std::optional<kube::ObjectSlot> slot_of(std::string_view key) const {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    return *found;
  }
  kube::ObjectSlot slots() const { return static_cast<kube::ObjectSlot>(by_slot_.size()); }
  std::size_t size() const { return by_key_.size(); }

 private:
  using Slots = std::vector<RecordPtr<R>>;
  struct Hash {
    using is_transparent = void;
    const Slots* slots;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    std::size_t operator()(kube::ObjectSlot slot) const {
      return (*this)(std::string_view((*slots)[slot]->key));
    }
  };
  struct Equal {
    using is_transparent = void;
    const Slots* slots;
    bool operator()(kube::ObjectSlot a, kube::ObjectSlot b) const {
      return a == b || (*slots)[a]->key == (*slots)[b]->key;
    }
    bool operator()(std::string_view key, kube::ObjectSlot slot) const { return (*slots)[slot]->key == key; }
    bool operator()(kube::ObjectSlot slot, std::string_view key) const { return (*slots)[slot]->key == key; }
  };

  Slots by_slot_;
  boost::unordered_flat_set<kube::ObjectSlot, Hash, Equal> by_key_;
};

}  // namespace kubevitals::discovery::kubernetes
