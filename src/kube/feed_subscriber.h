// What a pillar implements to follow the objects of one kind.
#pragma once

#include <cstdint>

namespace kubevitals::kube {

// A feed's number for an object as long as it lives: dense (small numbers are used again after a delete), so
// that a consumer can keep its projection in an array. The object's identity is its UID: an object that is
// deleted and created again is a delete of one slot and an upsert of a (perhaps equal-numbered) new one, in
// this order.
using ObjectSlot = std::uint32_t;

// Receives what a feed promises: for every object a subsequence of its states, in order; after a (re)list
// exactly the listed set, with deletes for what vanished. The same state may be seen twice. All calls come
// one after another (on the feed's strand); they must not block for long.
template <typename T>
class FeedSubscriber {
 public:
  virtual ~FeedSubscriber() = default;

  // The object is there in this state. It and all its string_views are gone after the call.
  virtual void on_upsert(ObjectSlot slot, const T& object) = 0;
  // The object that had this slot is gone.
  virtual void on_delete(ObjectSlot slot) = 0;
  // A (re)list is complete: the subscriber has seen exactly the objects that exist.
  virtual void on_synced() = 0;
};

}  // namespace kubevitals::kube
