#include "state/text_store.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace kubevitals::state {

using exposition::Page;
using exposition::PagePtr;

namespace {

// The text of families [begin, end), which lie next to each other.
std::string_view text_of(const RenderedObject& object, std::size_t begin, std::size_t end) {
  const std::uint32_t from = begin == 0 ? 0 : object.ends[begin - 1];
  return std::string_view(object.text).substr(from, object.ends[end - 1] - from);
}

// Where one family ends and the next begins counts as well: text may move between them.
template <std::size_t kMaxFamilies>
std::uint64_t hash_of(const RenderedObject& object, std::size_t begin, std::size_t end) {
  const std::string_view text = text_of(object, begin, end);
  if (text.empty()) return 0;
  std::array<std::uint32_t, kMaxFamilies> sizes{};
  std::uint32_t last = begin == 0 ? 0 : object.ends[begin - 1];
  for (std::size_t family = begin; family < end; ++family) {
    sizes[family - begin] = object.ends[family] - last;
    last = object.ends[family];
  }
  const std::uint64_t seed = XXH3_64bits(sizes.data(), sizeof sizes);
  return std::max<std::uint64_t>(1, XXH3_64bits_withSeed(text.data(), text.size(), seed));
}

RenderedObject without_text(std::size_t families) {
  RenderedObject object;
  object.ends.assign(families, 0);
  return object;
}

}  // namespace

TextStore::TextStore(std::size_t families, std::size_t max_pending)
    : families_(families),
      groups_((families + kGroupSize - 1) / kGroupSize),
      max_pending_(max_pending),
      no_text_(without_text(families)),
      pages_(families),
      dirty_(families, true) {
  assert(groups_ <= kMaxGroups);
  const MutexLock lock(pages_mutex_);
  publish(0);
}

void TextStore::update(kube::ObjectSlot slot, const RenderedObject& object) {
  assert(object.size() == families_);
  {
    const MutexLock lock(edits_mutex_);
    Block& block = block_of(slot);
    const std::uint64_t bit = std::uint64_t{1} << (slot % kParts);
    if ((block.occupied & bit) == 0) ++objects_;
    block.occupied |= bit;
    const std::uint64_t changed = compare(block, slot % kParts, object);
    if (changed == 0) return;
    keep_aside(block, slot, changed, object);
    if (pending_size_ <= pending_bound()) return;
  }
  bound_pending();
}

void TextStore::erase(kube::ObjectSlot slot) {
  const MutexLock lock(edits_mutex_);
  Block& block = block_of(slot);
  const std::uint64_t bit = std::uint64_t{1} << (slot % kParts);
  if ((block.occupied & bit) == 0) return;
  block.occupied &= ~bit;
  --objects_;
  const std::uint64_t changed = compare(block, slot % kParts, no_text_);
  if (changed != 0) keep_aside(block, slot, changed, no_text_);
}

void TextStore::synced() {
  synced_ = true;
  const MutexLock lock(pages_mutex_);
  while (make_oldest_pages()) {
  }
}

std::size_t TextStore::pending_bound() const {
  if (!synced_) return std::min(max_pending_, kMaxFirstPending);
  return std::max(max_pending_, pages_size_ / kPendingShare);
}

TextStore::Block& TextStore::block_of(kube::ObjectSlot slot) {
  const std::size_t index = slot / kParts;
  while (blocks_.size() <= index) {
    blocks_.emplace_back().hashes.assign(groups_ * kParts, 0);
  }
  return blocks_[index];
}

std::uint64_t TextStore::compare(Block& block, std::size_t part, const RenderedObject& object) {
  std::uint64_t changed = 0;
  for (std::size_t group = 0; group < groups_; ++group) {
    std::uint64_t& known = block.hashes[group * kParts + part];
    const std::uint64_t hash = hash_of<kGroupSize>(object, group_begin(group), group_end(group));
    if (hash == known) continue;
    known = hash;
    changed |= std::uint64_t{1} << group;
  }
  return changed;
}

void TextStore::keep_aside(Block& block, kube::ObjectSlot slot, std::uint64_t groups,
                           const RenderedObject& object) {
  if (!block.edits) {
    block.edits = std::make_unique<Edits>();
    queue_.push_back(slot / kParts);
  }
  std::unique_ptr<Pending>& pending = block.edits->objects[slot % kParts];
  if (!pending) pending = std::make_unique<Pending>();
  // What was pending before has to be said again: its text is replaced.
  pending->groups |= groups;
  block.edits->groups |= pending->groups;
  pending_size_ -= pending->object.text.size();
  std::string text;
  std::vector<std::uint32_t> ends;
  ends.reserve(families_);
  for (std::size_t group = 0; group < groups_; ++group) {
    const bool wanted = (pending->groups >> group & 1) != 0;
    for (std::size_t family = group_begin(group); family < group_end(group); ++family) {
      if (wanted) text.append(object.family(family));
      ends.push_back(static_cast<std::uint32_t>(text.size()));
    }
  }
  pending->object.text = std::move(text);
  pending->object.ends = std::move(ends);
  pending_size_ += pending->object.text.size();
}

std::size_t TextStore::pending_size() const {
  const MutexLock lock(edits_mutex_);
  return pending_size_;
}

void TextStore::bound_pending() {
  if (!pages_mutex_.try_lock()) {
    // A reader is at it already.
    if (pending_size() <= 2 * pending_bound()) return;
    pages_mutex_.lock();
  }
  while (pending_size() > pending_bound() && make_oldest_pages()) {
  }
  pages_mutex_.unlock();
}

bool TextStore::make_oldest_pages() {
  std::size_t index = 0;
  std::unique_ptr<Edits> edits;
  {
    const MutexLock lock(edits_mutex_);
    if (queue_.empty()) return false;
    index = queue_.front();
    queue_.pop_front();
    edits = std::move(blocks_[index].edits);
    for (const auto& pending : edits->objects) {
      if (pending) pending_size_ -= pending->object.text.size();
    }
  }
  for (std::size_t group = 0; group < groups_; ++group) {
    if ((edits->groups >> group & 1) == 0) continue;
    for (std::size_t family = group_begin(group); family < group_end(group); ++family) {
      remake_page(*edits, index, family);
    }
  }
  return true;
}

void TextStore::remake_page(const Edits& edits, std::size_t block, std::size_t family) {
  std::vector<PagePtr>& pages = pages_[family];
  if (pages.size() <= block) pages.resize(block + 1);
  PagePtr& page = pages[block];
  const std::uint64_t group_bit = std::uint64_t{1} << (family / kGroupSize);
  thread_local std::string text;
  std::array<std::string_view, kParts> parts{};
  bool loaded = !page;
  bool changed = false;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Pending* pending = edits.objects[part].get();
    if (pending == nullptr || (pending->groups & group_bit) == 0) continue;
    const std::string_view now = pending->object.family(family);
    if (!loaded) {
      if (now.empty() && !page->has_part(part)) continue;
      page->inflate_parts(text, parts);
      loaded = true;
    }
    if (now == parts[part]) continue;
    parts[part] = now;
    changed = true;
  }
  if (!changed) return;
  const std::size_t before = page ? page->compressed().size() : 0;
  page = Page::make(parts);
  pages_size_ += (page ? page->compressed().size() : 0) - before;
  dirty_[family] = true;
}

std::shared_ptr<const StoreSnapshot> TextStore::snapshot() {
  const MutexLock lock(pages_mutex_);
  // What changes from now on belongs to the next snapshot: this one ends however busy the writer is.
  std::size_t left = 0;
  std::size_t objects = 0;
  {
    const MutexLock edits_lock(edits_mutex_);
    left = queue_.size();
    objects = objects_;
  }
  while (left > 0 && make_oldest_pages()) --left;
  publish(objects);
  return last_snapshot();
}

void TextStore::publish(std::size_t objects) {
  const std::shared_ptr<const StoreSnapshot> last = last_snapshot();
  if (last && last->objects == objects && std::find(dirty_.begin(), dirty_.end(), true) == dirty_.end()) {
    return;
  }
  auto next = std::make_shared<StoreSnapshot>();
  next->objects = objects;
  if (last) next->families = last->families;
  next->families.resize(families_);
  for (std::size_t family = 0; family < families_; ++family) {
    if (!dirty_[family]) continue;
    dirty_[family] = false;
    auto pages = std::make_shared<exposition::PageRun>();
    pages->pages = pages_[family];
    for (const PagePtr& page : pages->pages) {
      if (!page) continue;
      pages->checksum.append(*page);
      pages->compressed_size += page->compressed().size();
    }
    next->families[family] = std::move(pages);
  }
  const MutexLock lock(published_mutex_);
  published_ = std::move(next);
}

std::shared_ptr<const StoreSnapshot> TextStore::last_snapshot() const {
  const MutexLock lock(published_mutex_);
  return published_;
}

std::size_t TextStore::objects() const {
  const MutexLock lock(edits_mutex_);
  return objects_;
}

}  // namespace kubevitals::state
