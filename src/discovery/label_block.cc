#include "discovery/label_block.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace kubevitals::discovery {
namespace {

// Deeper than that nothing is ever nested: target, pod, node, namespace, group.
constexpr std::size_t kMaxLayers = 16;

struct Layer {
  const LabelBlock* block;
  std::size_t next = 0;
};

struct Layers {
  Layer items[kMaxLayers];
  std::size_t size = 0;

  void add(const LabelBlock& block) {
    if (size < kMaxLayers) items[size++].block = &block;
    for (const LabelBlockPtr& parent : block.parents()) add(*parent);
  }
};

}  // namespace

std::span<const LabelBlockPtr> LabelBlock::parents() const {
  return {parent_array(), parent_count_};
}

LabelBlockPtr LabelBlock::make(std::span<const Label> own, std::span<const LabelBlockPtr> parents) {
  std::vector<Label> labels(own.begin(), own.end());
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  std::size_t count = 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i + 1 < labels.size() && labels[i + 1].name == labels[i].name) continue;
    size += labels[i].value.size();
    labels[count++] = labels[i];
  }
  labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(count), labels.end());

  const std::size_t bytes =
      sizeof(LabelBlock) + parents.size() * sizeof(LabelBlockPtr) + count * sizeof(Entry) + size;
  auto* block = new (::operator new(bytes)) LabelBlock();
  block->own_size_ = static_cast<std::uint32_t>(count) & 0xFF'FFFF;
  block->parent_count_ = static_cast<std::uint8_t>(parents.size());
  for (std::size_t i = 0; i < parents.size(); ++i) {
    new (block->parent_array() + i) LabelBlockPtr(parents[i]);
  }
  std::uint32_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view value = labels[i].value;
    if (!value.empty()) std::memcpy(block->bytes() + end, value.data(), value.size());
    end += static_cast<std::uint32_t>(value.size());
    new (block->entries() + i) Entry{labels[i].name.number(), end};
    labels[i].name.keep();
  }
  return LabelBlockPtr(block);
}

std::optional<std::string_view> LabelBlock::find_own(LabelName name) const {
  const Entry* begin = entries();
  const Entry* end = begin + own_size_;
  const Entry* found =
      std::lower_bound(begin, end, name.number(),
                       [](const Entry& entry, std::uint32_t number) { return entry.name < number; });
  if (found == end || found->name != name.number()) return std::nullopt;
  return own(static_cast<std::size_t>(found - begin)).value;
}

std::optional<std::string_view> LabelBlock::find(LabelName name) const {
  if (const auto value = find_own(name)) return value;
  for (const LabelBlockPtr& parent : parents()) {
    if (const auto value = parent->find(name)) return value;
  }
  return std::nullopt;
}

bool LabelBlock::equals(const LabelBlock& other) const {
  if (own_size_ != other.own_size_ || parent_count_ != other.parent_count_) return false;
  if (std::memcmp(entries(), other.entries(), own_size_ * sizeof(Entry)) != 0) return false;
  const std::size_t size = own_size_ == 0 ? 0 : entries()[own_size_ - 1].end;
  if (std::memcmp(bytes(), other.bytes(), size) != 0) return false;
  for (std::uint32_t i = 0; i < parent_count_; ++i) {
    if (!equal(parents()[i], other.parents()[i])) return false;
  }
  return true;
}

void LabelBlock::release_names() const {
  // Those that are not lasting come last.
  for (std::size_t i = own_size_; i > 0 && !own(i - 1).name.is_lasting(); --i) own(i - 1).name.release();
}

void intrusive_ptr_add_ref(const LabelBlock* block) {
  std::atomic_ref(block->references_).fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const LabelBlock* block) {
  if (std::atomic_ref(block->references_).fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->release_names();
  for (LabelBlockPtr& parent : std::span(block->parent_array(), block->parent_count_)) {
    parent.~LabelBlockPtr();
  }
  block->~LabelBlock();
  ::operator delete(const_cast<LabelBlock*>(block));
}

void merge_labels(std::initializer_list<const LabelBlock*> blocks, std::vector<Label>& out) {
  out.clear();
  Layers layers;
  for (const LabelBlock* block : blocks) {
    if (block != nullptr) layers.add(*block);
  }
  for (;;) {
    std::optional<LabelName> least;
    for (std::size_t i = 0; i < layers.size; ++i) {
      const Layer& layer = layers.items[i];
      if (layer.next == layer.block->own_size()) continue;
      const LabelName name = layer.block->own(layer.next).name;
      if (!least || name < *least) least = name;
    }
    if (!least) return;
    bool taken = false;
    for (std::size_t i = 0; i < layers.size; ++i) {
      Layer& layer = layers.items[i];
      if (layer.next == layer.block->own_size()) continue;
      const Label label = layer.block->own(layer.next);
      if (label.name != *least) continue;
      if (!taken) out.push_back(label);
      taken = true;
      ++layer.next;
    }
  }
}

void LabelBlockBuilder::add(LabelName name, std::string_view value) {
  const std::size_t begin = values_.size();
  values_.append(value);
  pending_.push_back({name, begin, values_.size()});
}

LabelBlockPtr LabelBlockBuilder::build(std::span<const LabelBlockPtr> parents) {
  std::vector<Label> labels;
  labels.reserve(pending_.size());
  const std::string_view values = values_;
  for (const Pending& label : pending_) {
    labels.push_back({label.name, values.substr(label.begin, label.end - label.begin)});
  }
  LabelBlockPtr block = LabelBlock::make(labels, parents);
  pending_.clear();
  values_.clear();
  names_.clear();
  return block;
}

}  // namespace kubevitals::discovery
