// What a feed itself remembers of each object: who it is and which state was handed on, in some 40 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "kube/feed_subscriber.h"

namespace kubevitals::kube {

// Counts the lists that a feed has begun; 0 is before the first.
using Epoch = std::uint32_t;

// Who an object is: hashes of namespace/name (96 bits) and of the UID (64 bits, compared only between objects
// of the same name). An object without a UID is who its name says.
struct ObjectKey {
  std::array<std::uint32_t, 3> name{};
  std::uint64_t uid = 0;
};

// An open-addressing table of names over a dense array of entries; the place in the array is the object's
// slot. There is one object at most of a name. With 1,000,000 objects two names collide with a chance of
// 10^-17. The hashes depend on the seed, so that nobody can choose names that collide. Not thread-safe.
class ObjectIndex final {
 public:
  struct Entry {
    std::array<std::uint32_t, 3> name{};
    Epoch epoch = 0;  // the list during or after which the object was last handed on; 0: the slot is free
    std::uint64_t uid = 0;
    std::uint64_t version =
        0;  // the numeric resourceVersion, 0 when it has none; of a free slot: the next free one
  };

  explicit ObjectIndex(std::uint64_t seed) : seed_(seed) {}

  ObjectKey key(std::string_view ns, std::string_view name, std::string_view uid) const;

  // The object of this name, whatever its UID.
  std::optional<ObjectSlot> find(const ObjectKey& key) const;

  // Adds an object whose name is not there. `epoch` is not 0.
  ObjectSlot insert(const ObjectKey& key, std::uint64_t version, Epoch epoch);

  // Frees the slot, which must be in use.
  void erase(ObjectSlot slot);

  // The slot must be less than slots().
  Entry& operator[](ObjectSlot slot) { return entries_[slot]; }
  const Entry& operator[](ObjectSlot slot) const { return entries_[slot]; }

  std::size_t size() const { return size_; }
  ObjectSlot slots() const { return static_cast<ObjectSlot>(entries_.size()); }  // free ones included
  std::size_t memory_bytes() const;

 private:
  static constexpr ObjectSlot kNoSlot = 0xffff'ffff;

  std::size_t home(const Entry& entry) const { return entry.name[0] & (table_.size() - 1); }
  void grow();
  void place(ObjectSlot slot);

  std::uint64_t seed_;
  std::deque<Entry> entries_;      // a deque does not move and hardly over-allocates
  std::vector<ObjectSlot> table_;  // a power of two, kNoSlot where empty; linear probing, at most 3/4 full
  std::size_t size_ = 0;
  ObjectSlot free_ = kNoSlot;  // the slot freed last
};

}  // namespace kubevitals::kube
