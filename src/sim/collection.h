// The current objects of one resource, in the order of their keys, and the last events.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/catalog.h"

namespace kubevitals::sim {

// Not thread-safe; the owner of the cluster guards it. Names are computed when they are compared, so an
// object costs its Version and four bytes, a pod eight.
class Collection {
 public:
  Collection(const Layout& layout, unsigned resource) : layout_(&layout), resource_(resource) {}

  // Takes any number of objects into an empty collection.
  void load(std::vector<Version> versions);

  std::size_t size() const { return order_.size(); }
  const Version& at(std::size_t position) const { return slots_[order_[position]]; }
  std::string key_at(std::size_t position) const { return key_of(*layout_, resource_, at(position)); }
  // The pods on a node of the layout, in no order; of other resources nothing.
  std::vector<Version> on_node(std::uint32_t node) const;
  // The position of the first object whose key is not less.
  std::size_t lower_bound(std::string_view key) const;
  const Version* find(std::string_view key) const;

  // Inserts or replaces; the reference stays valid until the object is erased.
  const Version& put(std::string_view key, Version version);
  bool erase(std::string_view key);
  // Remembers an encoded size, when the object is still the one that was measured.
  void remember_size(std::size_t position, const Version& version);

 private:
  void enter_node(std::uint32_t slot);
  void leave_node(std::uint32_t slot);

  const Layout* layout_;
  unsigned resource_;
  std::deque<Version> slots_;                        // addresses are stable
  std::vector<std::vector<std::uint32_t>> by_node_;  // pods: the slots of each node's
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> order_;  // slots by key
};

enum class EventType : std::uint8_t { kAdded, kModified, kDeleted };

// A change of one object. `before` is its former state (nothing for kAdded), `after` its new one; of a
// deleted object its last, with the resourceVersion of the deletion.
struct Event {
  EventType type;
  std::optional<Version> before;
  Version after;
};

// A bounded history of one resource. Not thread-safe.
class EventLog {
 public:
  explicit EventLog(std::size_t capacity) : capacity_(capacity) {}

  void append(Event event);
  // Everything up to `rv` is unknown: at the start, and when the history is compacted.
  void forget_until(std::uint64_t rv);
  // Events after this resourceVersion are all there.
  std::uint64_t complete_after() const { return forgotten_; }
  std::size_t size() const { return events_.size(); }
  const Event& at(std::size_t index) const { return events_[index]; }
  // The index of the first event after `rv`.
  std::size_t after(std::uint64_t rv) const;

 private:
  std::size_t capacity_;
  std::uint64_t forgotten_ = 0;
  std::deque<Event> events_;
};

}  // namespace kubevitals::sim
