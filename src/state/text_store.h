// Where the text of a feed's metrics is kept, compressed, ready to be served.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "exposition/page.h"
#include "exposition/page_body.h"
#include "state/resources.h"

namespace kubevitals::state {

// All families of a store at one moment: of each object the text of one of its states. Immutable.
struct StoreSnapshot {
  std::vector<std::shared_ptr<const exposition::PageRun>> families;  // as the store's families are ordered
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
// Concurrency: one writer (TextSink, on the feed's strand) and any number of readers, on any thread. Of the
// two mutexes `edits_mutex_` is held for microseconds only: to note an update, or to take a block's updates
// away. Pages are made under `pages_mutex_`, which an update never waits for, unless twice as much as allowed
// has piled up; then the writer helps. A reader waits for the pages that it is going to see. What readers get
// is immutable, so nothing is held while it is sent.
class TextStore final : public TextSink {
 public:
  // How much text is kept aside at most, before the writer makes pages of it. While a cluster is read for the
  // first time, some blocks' worth: they are filled one after the other. Later as much as saves work, for
  // updates come to all blocks: this, or a share of what the pages take, whichever is more.
  static constexpr std::size_t kMaxFirstPending = std::size_t{1} << 20;
  static constexpr std::size_t kMaxPending = std::size_t{4} << 20;
  static constexpr std::size_t kPendingShare = 8;

  explicit TextStore(std::size_t families, std::size_t max_pending = kMaxPending);

  void update(kube::ObjectSlot slot, const RenderedObject& object) override;
  void erase(kube::ObjectSlot slot) override;
  void synced() override;

  // What the store holds now: every update that has returned is in it. Compresses what changed since the last
  // call.
  std::shared_ptr<const StoreSnapshot> snapshot();

  // The last snapshot that was made, without making anything.
  std::shared_ptr<const StoreSnapshot> last_snapshot() const;

  // Objects that are there now.
  std::size_t objects() const;

 private:
  static constexpr std::size_t kParts = exposition::kPageParts;
  static constexpr std::size_t kGroupSize = 6;  // families that share a hash
  static constexpr std::size_t kMaxGroups = 64;

  // An object's text that is not in the pages yet: of the groups in `groups`.
  struct Pending {
    std::uint64_t groups = 0;
    RenderedObject object;
  };
  // What changes in the pages of a block.
  struct Edits {
    std::uint64_t groups = 0;  // that any of the objects has text of
    std::array<std::unique_ptr<Pending>, kParts> objects;
  };
  struct Block {
    std::vector<std::uint64_t> hashes;  // kParts for each group; 0 for no text
    std::uint64_t occupied = 0;         // which parts are objects
    std::unique_ptr<Edits> edits;       // when there are any the block stands in queue_
  };

  Block& block_of(kube::ObjectSlot slot) REQUIRES(edits_mutex_);
  // Notes the hashes of the object's groups; the result says which differ from those known.
  std::uint64_t compare(Block& block, std::size_t part, const RenderedObject& object) REQUIRES(edits_mutex_);
  void keep_aside(Block& block, kube::ObjectSlot slot, std::uint64_t groups, const RenderedObject& object)
      REQUIRES(edits_mutex_);
  void bound_pending() EXCLUDES(edits_mutex_, pages_mutex_);
  std::size_t pending_size() const EXCLUDES(edits_mutex_);
  std::size_t pending_bound() const;
  // Makes the pages of the block that has waited longest; false when none does.
  bool make_oldest_pages() REQUIRES(pages_mutex_) EXCLUDES(edits_mutex_);
  void remake_page(const Edits& edits, std::size_t block, std::size_t family) REQUIRES(pages_mutex_);
  void publish(std::size_t objects) REQUIRES(pages_mutex_) EXCLUDES(published_mutex_);
  std::size_t group_begin(std::size_t group) const { return group * kGroupSize; }
  std::size_t group_end(std::size_t group) const { return std::min(families_, (group + 1) * kGroupSize); }

  const std::size_t families_;
  const std::size_t groups_;
  const std::size_t max_pending_;
  const RenderedObject no_text_;

  // Taken before the others.
  Mutex pages_mutex_;
  std::vector<std::vector<exposition::PagePtr>> pages_ GUARDED_BY(pages_mutex_);  // by family, then block
  // Families whose pages differ from the published ones.
  std::vector<bool> dirty_ GUARDED_BY(pages_mutex_);

  std::atomic<std::size_t> pages_size_ = 0;  // compressed; changes under pages_mutex_
  std::atomic<bool> synced_ = false;

  mutable Mutex edits_mutex_;
  std::vector<Block> blocks_ GUARDED_BY(edits_mutex_);
  std::deque<std::size_t> queue_ GUARDED_BY(edits_mutex_);  // blocks with edits, oldest first
  std::size_t pending_size_ GUARDED_BY(edits_mutex_) = 0;
  std::size_t objects_ GUARDED_BY(edits_mutex_) = 0;

  mutable Mutex published_mutex_;
  std::shared_ptr<const StoreSnapshot> published_ GUARDED_BY(published_mutex_);
};

}  // namespace kubevitals::state
