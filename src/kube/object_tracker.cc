#include "kube/object_tracker.h"

#include <algorithm>
#include <charconv>

namespace kubevitals::kube {

std::uint64_t parse_version(std::string_view resource_version) {
  std::uint64_t version = 0;
  const char* end = resource_version.data() + resource_version.size();
  const auto [parsed, error] = std::from_chars(resource_version.data(), end, version);
  return error == std::errc() && parsed == end ? version : 0;
}

void ObjectTracker::begin_list(Trust trust) {
  ++epoch_;
  members_.admit(epoch_);
  listing_ = true;
  trust_ = trust;
  contradicted_ = false;
  kept_.clear();
  floor_ = 0;
}

bool ObjectTracker::end_list(std::string_view resource_version) {
  const std::uint64_t version = parse_version(resource_version);
  const bool older = version != 0 && version < newest_;
  if (trust_ == Trust::kOrdered && (contradicted_ || older)) {
    return false;
  }
  sweep();
  listing_ = false;
  floor_ = version;
  newest_ = trust_ == Trust::kAnything ? version : std::max(newest_, version);
  resource_version_ = resource_version;
  members_.synced();
  return true;
}

void ObjectTracker::sweep() {
  std::sort(kept_.begin(), kept_.end());
  for (ObjectSlot slot = 0; slot < index_.slots(); ++slot) {
    const Epoch epoch = index_[slot].epoch;
    if (epoch != 0 && epoch != epoch_ && !std::binary_search(kept_.begin(), kept_.end(), slot)) {
      remove(slot);
    }
  }
  kept_.clear();
}

ObjectTracker::Plan ObjectTracker::plan(const IdentityMeta& identity, bool added) {
  Plan plan;
  plan.key = index_.key(identity.namespace_, identity.name, identity.uid);
  plan.version = parse_version(identity.resource_version);
  plan.slot = index_.find(plan.key);
  plan.action = judge(plan);
  if (plan.action == Action::kRepeat) {
    ObjectIndex::Entry& entry = index_[*plan.slot];
    plan.after = entry.epoch;
    if (members_.newest() <= entry.epoch) {
      entry.epoch = epoch_;
      plan.action = Action::kDrop;
    }
  }
  if (plan.action != Action::kOutOfOrder) {
    advance(identity.resource_version, plan.version, added);
  }
  return plan;
}

ObjectTracker::Action ObjectTracker::judge(const Plan& plan) {
  const bool behind = plan.version != 0 && plan.version < floor_;
  if (!plan.slot) {
    return behind ? Action::kOutOfOrder : Action::kDeliver;
  }
  const ObjectIndex::Entry& entry = index_[*plan.slot];
  const bool same = entry.uid == plan.key.uid;
  const bool known_before = listing_ && entry.epoch != epoch_;
  if (known_before && trust_ == Trust::kAnything) {
    return behind ? Action::kOutOfOrder : Action::kDeliver;
  }
  if (plan.version != 0 && entry.version != 0) {
    if (plan.version < entry.version) {
      contradicted_ = contradicted_ || known_before;
      return same || listing_ ? Action::kDrop : Action::kOutOfOrder;
    }
    if (plan.version == entry.version && same) {
      return known_before ? Action::kRepeat : Action::kDrop;
    }
  }
  return behind ? Action::kOutOfOrder : Action::kDeliver;
}

void ObjectTracker::upsert(const Plan& plan, const void* object) {
  ObjectSlot slot = plan.slot.value_or(0);
  if (plan.slot && index_[slot].uid != plan.key.uid) {
    remove(slot);
    slot = index_.insert(plan.key, plan.version, epoch_);
  } else if (plan.slot) {
    index_[slot].version = plan.version;
    index_[slot].epoch = epoch_;
  } else {
    slot = index_.insert(plan.key, plan.version, epoch_);
  }
  members_.upsert(slot, object, plan.after);
}

void ObjectTracker::keep(const Plan& plan) {
  if (!plan.slot) {
    return;
  }
  if (index_[*plan.slot].uid != plan.key.uid) {
    remove(*plan.slot);
  } else if (listing_) {
    kept_.push_back(*plan.slot);
  }
}

bool ObjectTracker::erase(const IdentityMeta& identity) {
  const ObjectKey key = index_.key(identity.namespace_, identity.name, identity.uid);
  const std::uint64_t version = parse_version(identity.resource_version);
  const auto slot = index_.find(key);
  if (slot && index_[*slot].uid == key.uid) {
    const std::uint64_t known = index_[*slot].version;
    // Some servers delete with the version of the object's last state; that is no step back.
    if (version != 0 && version != known && (version < known || version < floor_)) {
      return false;
    }
    remove(*slot);
  }
  advance(identity.resource_version, version, false);
  return true;
}

bool ObjectTracker::progress(std::string_view resource_version) {
  const std::uint64_t version = parse_version(resource_version);
  if (version != 0 && version < floor_) return false;
  advance(resource_version, version, false);
  return true;
}

void ObjectTracker::advance(std::string_view resource_version, std::uint64_t version, bool added) {
  newest_ = std::max(newest_, version);
  if (listing_) {
    // The objects of a list come in any order. What changes while a streaming list is on its way comes after
    // them.
    floor_ = added ? floor_ : std::max(floor_, version);
  } else if (version > floor_ || (version == 0 && !resource_version.empty())) {
    floor_ = version == 0 ? floor_ : version;
    resource_version_ = resource_version;
  }
}

void ObjectTracker::remove(ObjectSlot slot) {
  const Epoch epoch = index_[slot].epoch;
  index_.erase(slot);
  members_.erase(slot, epoch);
}

}  // namespace kubevitals::kube
