// A discoverer's view of one scope: what it has taken over of a projection.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "discovery/kubernetes/clusters.h"
#include "discovery/kubernetes/projection.h"
#include "discovery/kubernetes/table.h"

namespace kubevitals::discovery::kubernetes {

// A scope and how it fares.
struct ScopeReport {
  kube::WatchScope scope;
  ScopeState state;
};

// On the discoverer's strand.
template <typename R>
class View final {
 public:
  template <typename Object>
  void follow(Cluster& cluster, const kube::WatchScope& scope, Waker& waker, EventCounters counters) {
    auto projection = cluster.follow<Object, R>(scope);
    tap_ = std::make_unique<typename RecordStore<R>::Tap>(projection->store(), waker, std::move(counters));
    projection_ = std::move(projection);
    scope_ = scope;
  }

  bool followed() const { return projection_ != nullptr; }
  const ScopeState& state() const { return state_; }
  ScopeReport report() const { return {scope_, state_}; }
  // Null when the scope is not followed.
  const Table<R>* table() const { return followed() ? &table_ : nullptr; }

  // Takes over what has changed and calls on_change(slot, old, now) for each object: old is null for a new
  // one, now for one that is gone, and both are the same when nothing has changed that matters.
  template <typename OnChange>
  void take(OnChange on_change) {
    if (!followed()) return;
    auto news = tap_->take();
    state_ = std::move(news.state);
    for (auto& change : news.changes) {
      const RecordPtr<R> old = table_.put(change.slot, change.record);
      if (old || change.record) on_change(change.slot, old, change.record);
    }
  }

 private:
  std::shared_ptr<ScopeMonitor> projection_;
  std::unique_ptr<typename RecordStore<R>::Tap> tap_;
  kube::WatchScope scope_;
  ScopeState state_;
  Table<R> table_;
};

}  // namespace kubevitals::discovery::kubernetes
