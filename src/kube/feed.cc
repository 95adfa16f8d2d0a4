#include "kube/feed.h"

#include <algorithm>

namespace kubevitals::kube {

// Keeps the subscriber alive while it is being called, even when it ends its own subscription.
class FeedMember::Call {
 public:
  explicit Call(FeedMember& member) : member_(member), lock_(member.mutex_), begun_(!member.ended_) {
    member_.calls_ += begun_ ? 1 : 0;
  }
  ~Call() {
    if (begun_ && --member_.calls_ == 0 && member_.ended_) {
      member_.release();
    }
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  explicit operator bool() const { return begun_; }

 private:
  FeedMember& member_;
  std::lock_guard<std::recursive_mutex> lock_;
  bool begun_;
};

void FeedMember::upsert(ObjectSlot slot, const void* object) {
  if (const Call call(*this); call) {
    do_upsert(slot, object);
  }
}

void FeedMember::erase(ObjectSlot slot) {
  if (const Call call(*this); call) {
    do_erase(slot);
  }
}

void FeedMember::synced() {
  if (const Call call(*this); call) {
    do_synced();
  }
}

void FeedMember::end() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(ended_, true) && calls_ == 0) {
    release();
  }
}

bool FeedMember::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void FeedMembers::add(std::shared_ptr<FeedMember> member) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(member));
}

bool FeedMembers::has_waiting() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void FeedMembers::admit(Epoch epoch) {
  std::erase_if(members_, [](const auto& member) { return member->ended(); });
  {
    const std::lock_guard lock(mutex_);
    for (auto& member : waiting_) {
      member->joined = epoch;
      members_.push_back(std::move(member));
    }
    waiting_.clear();
  }
  newest_ = 0;
  for (const auto& member : members_) {
    newest_ = std::max(newest_, member->joined);
  }
}

void FeedMembers::upsert(ObjectSlot slot, const void* object, Epoch after) {
  for (const auto& member : members_) {
    if (member->joined > after) {
      member->upsert(slot, object);
    }
  }
}

void FeedMembers::erase(ObjectSlot slot, Epoch until) {
  for (const auto& member : members_) {
    if (member->joined <= until) {
      member->erase(slot);
    }
  }
}

void FeedMembers::synced() {
  for (const auto& member : members_) {
    member->synced();
  }
}

}  // namespace kubevitals::kube
