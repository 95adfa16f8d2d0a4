#include "state/text_store.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>

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
std::uint64_t hash_of(const RenderedObject& object, std::size_t begin, std::size_t end) {
  const std::string_view text = text_of(object, begin, end);
  if (text.empty()) return 0;
  std::uint32_t sizes[64];
  std::size_t count = 0;
  std::uint32_t last = begin == 0 ? 0 : object.ends[begin - 1];
  for (std::size_t family = begin; family < end; ++family) {
    sizes[count++] = object.ends[family] - last;
    last = object.ends[family];
  }
  const std::uint64_t seed = XXH3_64bits(sizes, count * sizeof sizes[0]);
  return std::max<std::uint64_t>(1, XXH3_64bits_withSeed(text.data(), text.size(), seed));
}

}  // namespace

TextStore::TextStore(std::size_t families, std::size_t max_pending)
    : families_(families),
      groups_((families + kGroupSize - 1) / kGroupSize),
      max_pending_(max_pending),
      pages_(families),
      dirty_(families, true) {
  assert(groups_ <= 64);
  publish();
}

void TextStore::update(kube::ObjectSlot slot, const RenderedObject& object) {
  assert(object.size() == families_);
  std::unique_lock lock(mutex_);
  Block& block = block_of(slot);
  const std::size_t part = slot % kParts;
  const std::uint64_t bit = std::uint64_t{1} << part;
  if ((block.occupied & bit) == 0) {
    block.occupied |= bit;
    ++objects_;
  }
  std::uint64_t changed = 0;
  for (std::size_t group = 0; group < groups_; ++group) {
    std::uint64_t& known = block.hashes[group * kParts + part];
    const std::uint64_t hash = hash_of(object, group_begin(group), group_end(group));
    if (hash == known) continue;
    known = hash;
    changed |= std::uint64_t{1} << group;
  }
  if (changed == 0) return;
  keep_aside(block, slot / kParts, part, changed, object);
  bound_pending(lock);
}

void TextStore::erase(kube::ObjectSlot slot) {
  std::unique_lock lock(mutex_);
  Block& block = block_of(slot);
  const std::size_t part = slot % kParts;
  const std::uint64_t bit = std::uint64_t{1} << part;
  if ((block.occupied & bit) == 0) return;
  block.occupied &= ~bit;
  --objects_;
  std::uint64_t changed = 0;
  for (std::size_t group = 0; group < groups_; ++group) {
    std::uint64_t& known = block.hashes[group * kParts + part];
    if (known != 0) changed |= std::uint64_t{1} << group;
    known = 0;
  }
  RenderedObject empty;
  empty.ends.assign(families_, 0);
  keep_aside(block, slot / kParts, part, changed, empty);
  bound_pending(lock);
}

TextStore::Block& TextStore::block_of(kube::ObjectSlot slot) {
  const std::size_t index = slot / kParts;
  while (blocks_.size() <= index) {
    blocks_.push_back(std::make_unique<Block>());
    blocks_.back()->hashes.assign(groups_ * kParts, 0);
    for (auto& pages : pages_) pages.emplace_back();
  }
  return *blocks_[index];
}

void TextStore::keep_aside(Block& block, std::size_t index, std::size_t part, std::uint64_t groups,
                           const RenderedObject& object) {
  std::unique_ptr<Pending>& pending = block.pending[part];
  if (!pending) pending = std::make_unique<Pending>();
  pending_size_ -= pending->object.text.size();
  // What was pending before has to be said again: its text is replaced.
  pending->groups |= groups;
  block.changed |= groups;
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
  if (!block.queued) {
    block.queued = true;
    queue_.push_back(index);
  }
}

void TextStore::bound_pending(std::unique_lock<std::mutex>& lock) {
  while (pending_size_ > max_pending_ && !queue_.empty()) {
    const std::size_t index = queue_.front();
    queue_.pop_front();
    make_pages(index);
    // Readers get their turn between two blocks.
    lock.unlock();
    lock.lock();
  }
}

void TextStore::make_pages(std::size_t index) {
  Block& block = *blocks_[index];
  block.queued = false;
  for (std::size_t group = 0; group < groups_; ++group) {
    if ((block.changed >> group & 1) == 0) continue;
    for (std::size_t family = group_begin(group); family < group_end(group); ++family) {
      remake_page(block, index, family);
    }
  }
  for (auto& pending : block.pending) {
    if (pending) pending_size_ -= pending->object.text.size();
    pending.reset();
  }
  block.changed = 0;
}

void TextStore::remake_page(const Block& block, std::size_t index, std::size_t family) {
  const std::uint64_t group_bit = std::uint64_t{1} << (family / kGroupSize);
  PagePtr& page = pages_[family][index];
  thread_local std::string text;
  std::array<std::string_view, kParts> parts{};
  bool loaded = !page;
  bool changed = false;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Pending* pending = block.pending[part].get();
    if (pending == nullptr || (pending->groups & group_bit) == 0) continue;
    if (!loaded) {
      page->inflate_parts(text, parts);
      loaded = true;
    }
    const std::string_view now = pending->object.family(family);
    if (now == parts[part]) continue;
    parts[part] = now;
    changed = true;
  }
  if (!changed) return;
  page = Page::make(parts);
  dirty_[family] = true;
}

std::shared_ptr<const StoreSnapshot> TextStore::snapshot() {
  std::unique_lock lock(mutex_);
  // What changes from now on belongs to the next snapshot: this one ends however busy the writer is.
  for (std::size_t left = queue_.size(); left > 0 && !queue_.empty(); --left) {
    const std::size_t index = queue_.front();
    queue_.pop_front();
    make_pages(index);
    lock.unlock();
    lock.lock();
  }
  publish();
  return published_;
}

void TextStore::publish() {
  if (published_ && published_->objects == objects_ &&
      std::find(dirty_.begin(), dirty_.end(), true) == dirty_.end()) {
    return;
  }
  auto next = std::make_shared<StoreSnapshot>();
  next->objects = objects_;
  if (published_) next->families = published_->families;
  next->families.resize(families_);
  for (std::size_t family = 0; family < families_; ++family) {
    if (!dirty_[family]) continue;
    dirty_[family] = false;
    auto pages = std::make_shared<FamilyPages>();
    pages->pages = pages_[family];
    for (const PagePtr& page : pages->pages) {
      if (!page) continue;
      pages->checksum.append(*page);
      pages->compressed_size += page->compressed().size();
    }
    next->families[family] = std::move(pages);
  }
  published_ = std::move(next);
}

std::size_t TextStore::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

}  // namespace kubevitals::state
