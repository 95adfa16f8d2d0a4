// Fills a node's block, sharing names with the block before.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "usage/model/batch.h"

namespace kubevitals::usage {

// Rows by a hash of their names: what is compared besides is the caller's. Allocates when it grows.
class RowIndex {
 public:
  explicit RowIndex(std::size_t expected) : slots_(std::bit_ceil(2 * expected + 2), kFree) {}

  // The row among those with this hash for which matches(row) is true; otherwise `added` is put in.
  template <typename Matches>
  std::uint32_t find_or_add(std::size_t hash, std::uint32_t added, Matches&& matches) {
    if (const std::optional<std::uint32_t> row = find(hash, matches)) return *row;
    if (2 * (hashes_.size() + 1) > slots_.size()) grow();
    put(static_cast<std::uint32_t>(hashes_.size()), hash);
    hashes_.push_back(hash);
    rows_.push_back(added);
    return added;
  }
  template <typename Matches>
  std::optional<std::uint32_t> find(std::size_t hash, Matches&& matches) const {
    for (std::size_t at = slot_of(hash); slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
      const std::uint32_t entry = slots_[at];
      if (hashes_[entry] == hash && matches(rows_[entry])) return rows_[entry];
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint32_t kFree = 0xffff'ffff;

  std::size_t slot_of(std::size_t hash) const { return hash & (slots_.size() - 1); }
  void put(std::uint32_t entry, std::size_t hash) {
    std::size_t at = slot_of(hash);
    while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
  }
  void grow() {
    slots_.assign(2 * slots_.size(), kFree);
    for (std::uint32_t entry = 0; entry < hashes_.size(); ++entry) put(entry, hashes_[entry]);
  }

  std::vector<std::uint32_t> slots_;  // entries; at least half of them free
  std::vector<std::size_t> hashes_;
  std::vector<std::uint32_t> rows_;
};

// For the parsers of the sources. `before` is the node's last block, or null; names that are there again, in
// much the same order, are shared with it instead of being kept twice. Not thread-safe.
class BlockBuilder {
 public:
  BlockBuilder(std::shared_ptr<const NodeInfo> info, const NodeBlock* before);

  NodeBlock& block() { return block_; }
  const NodeBlock& block() const { return block_; }

  // One text for a pod's two names.
  static std::string pod_key(std::string_view namespace_, std::string_view name);

  // The pod's row; a new one has no times and no values. The uid counts where the row is made, and where it
  // had none.
  std::uint32_t pod(std::string_view namespace_, std::string_view name, std::string_view uid);

  // The row of a container, a new one or the one that has the name. Without an `image` the container may have
  // one that was known before.
  std::uint32_t container(std::uint32_t pod, std::string_view name, std::string_view image);
  std::optional<std::uint32_t> find_container(std::uint32_t pod, std::string_view name) const;

  std::uint32_t system_container(std::string_view name);

  // The numbers of labels, to be used in the rows of that table. Values whose labels find no room are dropped
  // by finish().
  Pool<LabelValues>& node_labels() { return node_labels_; }
  Pool<LabelValues>& system_labels() { return system_labels_; }
  Pool<LabelValues>& pod_labels() { return pod_labels_; }
  Pool<LabelValues>& container_labels() { return container_labels_; }
  Pool<std::string>& container_extra() { return container_extra_; }

  NodeBlock finish();

 private:
  std::shared_ptr<const PodName> pod_name(std::string_view namespace_, std::string_view name,
                                          std::string_view uid);
  bool is_container(std::uint32_t row, std::uint32_t pod, std::string_view name) const;
  std::shared_ptr<const ContainerName> container_name(std::string_view name, std::string_view image);

  const NodeBlock* before_;
  NodeBlock block_;
  std::size_t next_pod_ = 0;        // where the block before may go on with the same name
  std::size_t next_container_ = 0;  // the same
  RowIndex pods_;
  RowIndex containers_;
  std::unordered_map<std::string, std::uint32_t> system_;
  Pool<LabelValues> node_labels_;
  Pool<LabelValues> system_labels_;
  Pool<LabelValues> pod_labels_;
  Pool<LabelValues> container_labels_;
  Pool<std::string> container_extra_;
};

// Milliseconds from the start until now, which is no metric when there is no start. A start that is to come,
// for clocks differ, counts as now.
void set_uptime(Table& table, std::uint32_t row, Nanos now, Nanos start_time);

}  // namespace kubevitals::usage
