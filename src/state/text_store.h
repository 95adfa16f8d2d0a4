// Where the text of a feed's metrics is kept, compressed, ready to be served.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exposition/page.h"
#include "state/resources.h"

namespace kubevitals::state {

// A family's pages as they were at one moment, with the checksum of their joined text. Immutable.
struct FamilyPages {
  std::vector<exposition::PagePtr> pages;  // one for each block of objects; null where there is no text
  exposition::Checksum checksum;
  std::uint64_t compressed_size = 0;
};

// All families of a store at one moment: of each object the text of one of its states. Immutable.
struct StoreSnapshot {
  std::vector<std::shared_ptr<const FamilyPages>> families;  // as the store's families are ordered
  std::size_t objects = 0;
};

// Keeps what a feed's objects have rendered to.
//
// Objects come with a feed's dense slot numbers; kPageParts neighbouring ones are a block. For each family a
// block has one page: the compressed text of its objects. An update keeps its text aside and says which
// families may have changed, by a hash for each object and group of neighbouring families; pages are made
// anew only when somebody wants to see them, or when the text kept aside exceeds a bound. So an object that
// changes often costs one compression for each scrape, a family whose text stays the same costs none, and
// while a cluster is read for the first time each page is compressed once.
//
// Concurrency: one writer (TextSink, on the feed's strand) and any number of readers, on any thread. The
// mutex is held for one update, or for the pages of one block at most, never while anything is sent: a scrape
// does not hold the writer up for more than a few milliseconds, nor the writer a scrape. What readers get is
// immutable.
class TextStore final : public TextSink {
 public:
  // How much text is kept aside at most.
  static constexpr std::size_t kMaxPending = std::size_t{4} << 20;

  explicit TextStore(std::size_t families, std::size_t max_pending = kMaxPending);

  void update(kube::ObjectSlot slot, const RenderedObject& object) override;
  void erase(kube::ObjectSlot slot) override;
  void synced() override {}

  // What the store holds now: every update that has returned is in it. Compresses what changed since the last
  // call.
  std::shared_ptr<const StoreSnapshot> snapshot();

  // Objects that are there now.
  std::size_t objects() const;

 private:
  static constexpr std::size_t kParts = exposition::kPageParts;
  static constexpr std::size_t kGroupSize = 6;  // families that share a hash

  // An object's text that is not in the pages yet: of the groups in `groups`.
  struct Pending {
    std::uint64_t groups = 0;
    RenderedObject object;
  };
  struct Block {
    std::vector<std::uint64_t> hashes;  // kParts for each group; 0 for no text
    std::uint64_t occupied = 0;         // which parts are objects
    std::uint64_t changed = 0;          // groups with pending text
    bool queued = false;                // stands in queue_
    std::array<std::unique_ptr<Pending>, kParts> pending;
  };

  // All of these with mutex_ held.
  Block& block_of(kube::ObjectSlot slot);
  void keep_aside(Block& block, std::size_t index, std::size_t part, std::uint64_t groups,
                  const RenderedObject& object);
  void bound_pending(std::unique_lock<std::mutex>& lock);
  void make_pages(std::size_t index);
  void remake_page(const Block& block, std::size_t index, std::size_t family);
  void publish();
  std::size_t group_begin(std::size_t group) const { return group * kGroupSize; }
  std::size_t group_end(std::size_t group) const { return std::min(families_, (group + 1) * kGroupSize); }

  const std::size_t families_;
  const std::size_t groups_;
  const std::size_t max_pending_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::vector<exposition::PagePtr>> pages_;  // by family, then block
  std::vector<bool> dirty_;        // families whose pages differ from the published ones
  std::deque<std::size_t> queue_;  // blocks with pending text, oldest first
  std::size_t pending_size_ = 0;
  std::size_t objects_ = 0;
  std::shared_ptr<const StoreSnapshot> published_;
};

}  // namespace kubevitals::state
