// Labels as they are kept: immutable and small.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/label_name.h"

namespace kubevitals::discovery {

struct Label {
  LabelName name;
  std::string_view value;
};

class LabelBlock;
using LabelBlockPtr = boost::intrusive_ptr<const LabelBlock>;

// Some labels of one's own on top of those of other blocks, its parents: what many targets share (the labels
// of their pod, of its node) is there once. A block's own label hides the parents' of the same name, even
// when its value is empty; an earlier parent's hides a later one's. A label with an empty value counts as
// absent to everyone who looks from outside. The own labels' names are kept.
//
// Immutable; counted references, from any thread. One allocation, 8 bytes a label besides its value.
class alignas(void*) LabelBlock final {
 public:
  // Of the own labels with the same name the last one counts.
  static LabelBlockPtr make(std::span<const Label> own, std::span<const LabelBlockPtr> parents = {});

  // The value, an empty one included; nullopt when neither this nor a parent has the name.
  std::optional<std::string_view> find(LabelName name) const;

  // The own labels, by number of their names, empty values included.
  std::size_t own_size() const { return own_size_; }
  Label own(std::size_t index) const {
    const Entry* const all = entries();
    const std::uint32_t begin = index == 0 ? 0 : all[index - 1].end;
    return {LabelName::numbered(all[index].name), {bytes() + begin, all[index].end - begin}};
  }
  std::span<const LabelBlockPtr> parents() const;

  // Whether both have the same labels, seen from outside or not: the own ones and the parents are compared.
  bool equals(const LabelBlock& other) const;

 private:
  friend void intrusive_ptr_add_ref(const LabelBlock* block);
  friend void intrusive_ptr_release(const LabelBlock* block);

  struct Entry {
    std::uint32_t name;
    std::uint32_t end;  // of the value, among the bytes of all values
  };

  LabelBlock() = default;
  ~LabelBlock() = default;
  LabelBlockPtr* parent_array() const {
    return reinterpret_cast<LabelBlockPtr*>(const_cast<LabelBlock*>(this) + 1);
  }
  Entry* entries() const { return reinterpret_cast<Entry*>(parent_array() + parent_count_); }
  char* bytes() const { return reinterpret_cast<char*>(entries() + own_size_); }
  std::optional<std::string_view> find_own(LabelName name) const;
  void release_names() const;

  mutable std::uint32_t references_ = 0;
  std::uint32_t own_size_ : 24 = 0;  // more than any object or file has
  std::uint32_t parent_count_ : 8 = 0;
};

void intrusive_ptr_add_ref(const LabelBlock* block);
void intrusive_ptr_release(const LabelBlock* block);

// All labels of the blocks and their parents that are not hidden, by number of their names; empty values
// included. Blocks come before their parents, earlier ones before later ones; null ones are passed over.
// Replaces what is in `out`, whose views point into the blocks.
void merge_labels(std::initializer_list<const LabelBlock*> blocks, std::vector<Label>& out);

inline bool equal(const LabelBlockPtr& a, const LabelBlockPtr& b) {
  return a == b || (a && b && a->equals(*b));
}

// Collects labels for a block.
class LabelBlockBuilder {
 public:
  void add(LabelName name, std::string_view value);
  void add(std::string_view name, std::string_view value) { add(names_.keep(name), value); }

  // Makes the block and begins anew.
  LabelBlockPtr build(std::span<const LabelBlockPtr> parents = {});

 private:
  struct Pending {
    LabelName name;
    std::size_t begin;
    std::size_t end;
  };
  std::vector<Pending> pending_;
  std::string values_;
  NameKeeper names_;
};

}  // namespace kubevitals::discovery
