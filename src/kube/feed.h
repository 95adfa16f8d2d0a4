// The typed ends of a feed: from bytes to a T, and from the feed to a FeedSubscriber<T>. All that is worth
// thinking about is in object_tracker.h and reflector.h, which know no T.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/feed_subscriber.h"
#include "kube/object_decoder.h"
#include "kube/object_index.h"

namespace kubevitals::kube {

// An object of the feed's type; decoded into again and again, so that its memory is reused. Not thread-safe.
class DecodedObject {
 public:
  virtual ~DecodedObject() = default;
  virtual Result<void> decode(ObjectDecoder& decoder, std::string_view bytes) = 0;
  virtual const void* get() const = 0;  // the T; valid as the decoder says
};

template <typename T>
class TypedObject final : public DecodedObject {
 public:
  Result<void> decode(ObjectDecoder& decoder, std::string_view bytes) override {
    return decoder.decode(bytes, object_);
  }
  const void* get() const override { return &object_; }

 private:
  T object_;
};

// One subscriber. Calls come from the feed's strand; end() from any thread, also from within such a call.
class FeedMember {
 public:
  virtual ~FeedMember() = default;

  void upsert(ObjectSlot slot, const void* object);
  void erase(ObjectSlot slot);
  void synced();

  // No call reaches the subscriber after this has returned, unless it was made from within one. The
  // subscriber is released.
  void end();
  bool ended() const;

  // The list with which it began: it has seen what was handed on since. Owned by the feed's strand; 0: not
  // yet.
  Epoch joined = 0;

 private:
  class Call;
  virtual void do_upsert(ObjectSlot slot, const void* object) = 0;
  virtual void do_erase(ObjectSlot slot) = 0;
  virtual void do_synced() = 0;
  virtual void release() = 0;

  mutable std::recursive_mutex mutex_;  // held during calls, hence recursive
  bool ended_ = false;                  // guarded by mutex_
  int calls_ = 0;                       // going on; guarded by mutex_
};

template <typename T>
class TypedMember final : public FeedMember {
 public:
  explicit TypedMember(std::shared_ptr<FeedSubscriber<T>> subscriber) : subscriber_(std::move(subscriber)) {}

 private:
  void do_upsert(ObjectSlot slot, const void* object) override {
    subscriber_->on_upsert(slot, *static_cast<const T*>(object));
  }
  void do_erase(ObjectSlot slot) override { subscriber_->on_delete(slot); }
  void do_synced() override { subscriber_->on_synced(); }
  void release() override { subscriber_.reset(); }

  std::shared_ptr<FeedSubscriber<T>> subscriber_;
};

// All subscribers of a feed. add() and has_waiting() from any thread, the rest on the feed's strand.
class FeedMembers final {
 public:
  // The member waits until the next list begins.
  void add(std::shared_ptr<FeedMember> member);
  bool has_waiting() const;

  // A list begins: those that waited take part from now on, those that ended are forgotten.
  void admit(Epoch epoch);
  // The list with which the last of them joined.
  Epoch newest() const { return newest_; }

  // To those that joined after `epoch`; 0: to all.
  void upsert(ObjectSlot slot, const void* object, Epoch after);
  // To those that joined by then, which are those that know the object.
  void erase(ObjectSlot slot, Epoch until);
  void synced();

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<FeedMember>> waiting_;  // guarded by mutex_
  std::vector<std::shared_ptr<FeedMember>> members_;  // owned by the strand
  Epoch newest_ = 0;                                  // owned by the strand
};

}  // namespace kubevitals::kube
