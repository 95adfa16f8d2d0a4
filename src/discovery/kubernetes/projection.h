// The records of one scope of one cluster, made once and followed by any number of discoverers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "discovery/kubernetes/records.h"
#include "discovery/wake_signal.h"
#include "exposition/metric_registry.h"
#include "kube/feeds.h"

namespace kubevitals::discovery::kubernetes {

// What a follower counts of the objects' events; null: not counted.
struct EventCounters {
  std::shared_ptr<exposition::Metric> added;
  std::shared_ptr<exposition::Metric> updated;
  std::shared_ptr<exposition::Metric> deleted;
};

// How a scope fares.
struct ScopeState {
  bool synced = false;  // it was listed completely once
  std::string error;    // empty when the last attempt went well
};

// A projection as seen by the loop that looks after the feeds.
class ScopeMonitor {
 public:
  explicit ScopeMonitor(kube::WatchScope scope) : scope_(std::move(scope)) {}
  virtual ~ScopeMonitor() = default;

  const kube::WatchScope& scope() const { return scope_; }
  // Thread-safe.
  virtual void set_error(const std::string& error) = 0;

 private:
  const kube::WatchScope scope_;
};

// Makes records of what a feed says and remembers for each tap which slots have changed since it took them:
// a bit and four bytes each, so that a slow follower costs no memory and sees the latest state of each
// object. An object that was not changed in anything that matters is a change all the same, with the same
// record: groups are then built anew, as the incumbent does.
//
// Called by the feed on its strand, by taps from anywhere.
template <typename R>
class RecordStore final {
 public:
  struct Change {
    kube::ObjectSlot slot;
    RecordPtr<R> record;  // null: the slot is empty
  };
  struct News {
    std::vector<Change> changes;
    ScopeState state;
  };

  // A follower's end. Destroyed before its waker.
  class Tap final {
   public:
    Tap(std::shared_ptr<RecordStore> store, Waker& waker, EventCounters counters)
        : store_(std::move(store)), waker_(waker), counters_(std::move(counters)) {
      store_->add(*this);
    }
    ~Tap() { store_->remove(*this); }
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    // What has changed since the last call; at first everything.
    News take() { return store_->take(*this); }

   private:
    friend class RecordStore;
    const std::shared_ptr<RecordStore> store_;
    Waker& waker_;
    const EventCounters counters_;
    // Guarded by the store's mutex.
    std::vector<kube::ObjectSlot> dirty_;
    std::vector<bool> is_dirty_;  // by slot
    bool woken_ = false;          // and nothing taken since
  };

  void upsert(kube::ObjectSlot slot, RecordPtr<R> record) {
    const MutexLock lock(mutex_);
    if (slot >= records_.size()) records_.resize(slot + 1);
    RecordPtr<R>& known = records_[slot];
    const bool is_new = !known;
    if (is_new || !known->equals(*record)) known = std::move(record);
    for (Tap* tap : taps_) {
      count(is_new ? tap->counters_.added : tap->counters_.updated);
      mark(*tap, slot);
    }
  }

  void erase(kube::ObjectSlot slot) {
    const MutexLock lock(mutex_);
    if (slot >= records_.size() || !records_[slot]) return;
    records_[slot] = nullptr;
    for (Tap* tap : taps_) {
      count(tap->counters_.deleted);
      mark(*tap, slot);
    }
  }

  void synced() {
    const MutexLock lock(mutex_);
    const bool failing = !std::exchange(state_.error, {}).empty();  // a list that is complete went well
    if (std::exchange(state_.synced, true) && !failing) return;
    for (Tap* tap : taps_) wake(*tap);
  }

  void set_error(const std::string& error) {
    const MutexLock lock(mutex_);
    if (state_.error == error) return;
    state_.error = error;
    for (Tap* tap : taps_) wake(*tap);
  }

 private:
  static void count(const std::shared_ptr<exposition::Metric>& counter) {
    if (counter) counter->add();
  }

  void add(Tap& tap) {
    const MutexLock lock(mutex_);
    taps_.push_back(&tap);
    for (kube::ObjectSlot slot = 0; slot < records_.size(); ++slot) {
      if (!records_[slot]) continue;
      count(tap.counters_.added);
      mark(tap, slot);
    }
    wake(tap);
  }
  void remove(Tap& tap) {
    const MutexLock lock(mutex_);
    std::erase(taps_, &tap);
  }

  News take(Tap& tap) {
    const MutexLock lock(mutex_);
    News news;
    news.state = state_;
    news.changes.reserve(tap.dirty_.size());
    for (const kube::ObjectSlot slot : tap.dirty_) {
      news.changes.push_back({slot, records_[slot]});
      tap.is_dirty_[slot] = false;
    }
    tap.dirty_.clear();
    tap.woken_ = false;
    return news;
  }

  void mark(Tap& tap, kube::ObjectSlot slot) REQUIRES(mutex_) {
    if (slot >= tap.is_dirty_.size()) tap.is_dirty_.resize(records_.size());
    if (!tap.is_dirty_[slot]) {
      tap.is_dirty_[slot] = true;
      tap.dirty_.push_back(slot);
    }
    wake(tap);
  }
  void wake(Tap& tap) REQUIRES(mutex_) {
    if (!std::exchange(tap.woken_, true)) tap.waker_.wake();
  }

  Mutex mutex_;
  std::vector<RecordPtr<R>> records_ GUARDED_BY(mutex_);  // by slot
  ScopeState state_ GUARDED_BY(mutex_);
  std::vector<Tap*> taps_ GUARDED_BY(mutex_);
};

// Feeds a store from a scope as long as it lives. To be destroyed without holding a lock: it waits for the
// feed's call that may be going on.
template <typename Object, typename R>
class Projection final : public ScopeMonitor {
 public:
  Projection(kube::Feeds& feeds, const kube::WatchScope& scope)
      : ScopeMonitor(scope), store_(std::make_shared<RecordStore<R>>()) {
    subscription_ = feeds.subscribe<Object>(scope, std::make_shared<Subscriber>(store_));
  }

  const std::shared_ptr<RecordStore<R>>& store() const { return store_; }
  void set_error(const std::string& error) override { store_->set_error(error); }

 private:
  class Subscriber final : public kube::FeedSubscriber<Object> {
   public:
    explicit Subscriber(std::shared_ptr<RecordStore<R>> store) : store_(std::move(store)) {}
    void on_upsert(kube::ObjectSlot slot, const Object& object) override {
      store_->upsert(slot, make_record(object, cache_));
    }
    void on_delete(kube::ObjectSlot slot) override { store_->erase(slot); }
    void on_synced() override { store_->synced(); }

   private:
    const std::shared_ptr<RecordStore<R>> store_;
    BlockCache cache_;  // on the feed's strand
  };

  const std::shared_ptr<RecordStore<R>> store_;
  std::unique_ptr<kube::Subscription> subscription_;
};

}  // namespace kubevitals::discovery::kubernetes
