#include "kube/object_index.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace kubevitals::kube {

ObjectKey ObjectIndex::key(std::string_view ns, std::string_view name, std::string_view uid) const {
  const std::uint64_t in_namespace = XXH3_64bits_withSeed(ns.data(), ns.size(), seed_);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(name.data(), name.size(), in_namespace);
  return {{static_cast<std::uint32_t>(hash.low64), static_cast<std::uint32_t>(hash.low64 >> 32),
           static_cast<std::uint32_t>(hash.high64)},
          XXH3_64bits_withSeed(uid.data(), uid.size(), seed_)};
}

std::optional<ObjectSlot> ObjectIndex::find(const ObjectKey& key) const {
  if (table_.empty()) {
    return std::nullopt;
  }
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = key.name[0] & mask; table_[at] != kNoSlot; at = (at + 1) & mask) {
    if (entries_[table_[at]].name == key.name) {
      return table_[at];
    }
  }
  return std::nullopt;
}

ObjectSlot ObjectIndex::insert(const ObjectKey& key, std::uint64_t version, Epoch epoch) {
  assert(epoch != 0 && !find(key));
  if ((size_ + 1) * 4 > table_.size() * 3) {
    grow();
  }
  ObjectSlot slot = free_;
  if (slot == kNoSlot) {
    slot = static_cast<ObjectSlot>(entries_.size());
    entries_.emplace_back();
  } else {
    free_ = static_cast<ObjectSlot>(entries_[slot].version);
  }
  entries_[slot] = {key.name, epoch, key.uid, version};
  place(slot);
  ++size_;
  return slot;
}

void ObjectIndex::erase(ObjectSlot slot) {
  assert(slot < entries_.size() && entries_[slot].epoch != 0);
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = home(entries_[slot]);
  while (table_[hole] != slot) {
    hole = (hole + 1) & mask;
  }
  // Moves what follows back into the hole, so that no search stops short of it.
  for (std::size_t at = (hole + 1) & mask; table_[at] != kNoSlot; at = (at + 1) & mask) {
    const std::size_t from_home = (at - home(entries_[table_[at]])) & mask;
    if (from_home >= ((at - hole) & mask)) {
      table_[hole] = table_[at];
      hole = at;
    }
  }
  table_[hole] = kNoSlot;
  entries_[slot] = {};
  entries_[slot].version = free_;
  free_ = slot;
  --size_;
}

std::size_t ObjectIndex::memory_bytes() const {
  return entries_.size() * sizeof(Entry) + table_.capacity() * sizeof(ObjectSlot);
}

void ObjectIndex::grow() {
  table_.assign(std::max<std::size_t>(16, table_.size() * 2), kNoSlot);
  for (ObjectSlot slot = 0; slot < entries_.size(); ++slot) {
    if (entries_[slot].epoch != 0) {
      place(slot);
    }
  }
}

void ObjectIndex::place(ObjectSlot slot) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = home(entries_[slot]);
  while (table_[at] != kNoSlot) {
    at = (at + 1) & mask;
  }
  table_[at] = slot;
}

}  // namespace kubevitals::kube
