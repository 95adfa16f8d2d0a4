// The state of the simulated cluster: all objects, one resourceVersion for all of them, and the histories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/collection.h"
#include "sim/layout.h"

namespace kubevitals::sim {

// Objects of one resource as they were at one resourceVersion.
struct Snapshot {
  std::uint64_t rv = 0;
  std::vector<Version> versions;          // in the order of their keys
  std::size_t first_position = kUnknown;  // where they stand in the collection; kUnknown for a former state
  std::size_t remaining = 0;              // objects after them
  std::string next_key;                   // the first of those

  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);
};

// Not thread-safe. Every change goes through create(), update() and remove(), so that each gets a
// resourceVersion of its own and an event.
class Store {
 public:
  explicit Store(const ClusterOptions& options);

  const Layout& layout() const { return layout_; }
  std::uint64_t rv() const { return rv_; }
  const Collection& collection(unsigned resource) const { return collections_[resource]; }
  const EventLog& log(unsigned resource) const { return logs_[resource]; }

  // The present, in seconds since the cluster's start, as new objects and changes are stamped.
  double now() const { return now_; }
  std::int32_t seconds() const { return static_cast<std::int32_t>(now_); }
  void set_now(double now) { now_ = now > now_ ? now : now_; }

  const Version* find(unsigned resource, std::string_view key) const {
    return collections_[resource].find(key);
  }
  // The returned references stay valid until that object is removed.
  const Version& create(unsigned resource, Version version);
  const Version& update(unsigned resource, Version version);
  // `last` is the object's last state, what the DELETED event carries.
  void remove(unsigned resource, Version last);

  // At most `limit` objects (0: all) of `ns` (empty: all) from `start` on as they were at `rv`; kGone when
  // the history does not reach back that far.
  Result<Snapshot> snapshot(unsigned resource, std::uint64_t rv, std::string_view ns, std::string_view start,
                            std::size_t limit) const;

  void remember_sizes(unsigned resource, const Snapshot& snapshot);
  // Forgets all events: older watches and continue tokens get 410 from now on.
  void compact();
  // Which resources changed since the last call.
  std::vector<bool> take_changed();

 private:
  void load();
  std::vector<std::vector<Version>> plan() const;

  Layout layout_;
  double now_ = 0;
  std::uint64_t rv_ = 1000;
  std::vector<Collection> collections_;
  std::vector<EventLog> logs_;
  std::vector<bool> changed_;
};

}  // namespace kubevitals::sim
