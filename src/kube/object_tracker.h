// Turns what lists and watches say into what a feed promises.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "kube/feed.h"
#include "kube/object_index.h"
#include "kube/objects/meta.h"

namespace kubevitals::kube {

// The part of an object that tells which it is, and in which state.
struct IdentityMeta {
  std::string_view name;
  std::string_view namespace_;
  std::string_view uid;
  std::string_view resource_version;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &IdentityMeta::name}, Field{3, "namespace", &IdentityMeta::namespace_},
                      Field{5, "uid", &IdentityMeta::uid},
                      Field{6, "resourceVersion", &IdentityMeta::resource_version}};
  }
};

struct ObjectIdentity {
  IdentityMeta metadata;
  static constexpr auto fields() { return std::tuple{Field{1, "metadata", &ObjectIdentity::metadata}}; }
};

// A resourceVersion as a number; 0 when it is none, which is allowed: then states cannot be ordered.
std::uint64_t parse_version(std::string_view resource_version);

// The promise of a feed. However often lists break off, watches are cut or events come twice, late or not at
// all, each subscriber sees
//   - for every object a subsequence of the states that it had, in their order, beginning with an upsert;
//   - after each list (on_synced) exactly the objects that the list had: what vanished since the one before
//   is
//     deleted then and not earlier, unless the server said that it was deleted;
//   - for an object deleted and created again a delete and an upsert, in this order: an object is its UID,
//   and two
//     with the same namespace and name never are there at once. A deleted object never comes back;
//   - nothing of objects that it does not know: who joins late begins with a list, like everyone before.
// A state that a subscriber has seen is not shown again unless the server's own history went back (a restored
// backup): then the server is right, the order of states ends with the old history, and all states are shown
// anew. Where resourceVersions are not numbers, states are handed on as the server gives them.
//
// Lives on the feed's strand.
class ObjectTracker final {
 public:
  enum class Trust {
    kOrdered,  // a list that has older states than those known is refused
    kAnything  // what it says is so: all states are handed on
  };
  enum class Action {
    kDeliver,     // to all: upsert() with the object, or keep() when it cannot be decoded
    kRepeat,      // the same, to those that have not seen this state
    kDrop,        // nothing to do
    kOutOfOrder,  // cannot be: the stream is not to be trusted any more
  };
  struct Plan {
    Action action = Action::kDrop;
    ObjectKey key;
    std::uint64_t version = 0;
    std::optional<ObjectSlot> slot;  // of the object that has the name now
    Epoch after = 0;                 // of a kRepeat
  };

  // `members` outlives the tracker.
  ObjectTracker(FeedMembers& members, std::uint64_t seed) : members_(members), index_(seed) {}

  // A list begins, from nothing: one that was going on is forgotten, what it brought stays.
  void begin_list(Trust trust);
  bool listing() const { return listing_; }
  // The list is complete. False, and nothing is deleted, when it contradicts what is known; the next one
  // should be had with kAnything. A watch goes on from the list's version.
  [[nodiscard]] bool end_list(std::string_view resource_version);

  // What an item of a list, an ADDED or a MODIFIED event means; moves the position in the stream, so that the
  // views in `identity` may end then.
  Plan plan(const IdentityMeta& identity, bool added);
  void upsert(const Plan& plan, const void* object);
  // The object is there, but nobody knows how it is: its last good state stays.
  void keep(const Plan& plan);

  // A DELETED event; false: as kOutOfOrder.
  [[nodiscard]] bool erase(const IdentityMeta& identity);

  // A BOOKMARK event. False when it is older than what came before it: the server's history went back.
  [[nodiscard]] bool progress(std::string_view resource_version);

  // From where a watch goes on; empty before the first list.
  const std::string& resource_version() const { return resource_version_; }
  // The highest version known to exist.
  std::uint64_t newest_version() const { return newest_; }
  std::size_t size() const { return index_.size(); }
  const ObjectIndex& index() const { return index_; }

 private:
  Action judge(const Plan& plan);
  void advance(std::string_view resource_version, std::uint64_t version, bool added);
  void remove(ObjectSlot slot);
  void sweep();

  FeedMembers& members_;
  ObjectIndex index_;
  Epoch epoch_ = 0;
  bool listing_ = false;
  Trust trust_ = Trust::kOrdered;
  bool contradicted_ = false;
  std::vector<ObjectSlot> kept_;  // during this list
  std::uint64_t floor_ = 0;       // no new event has a version below
  std::uint64_t newest_ = 0;
  std::string resource_version_;
};

}  // namespace kubevitals::kube
