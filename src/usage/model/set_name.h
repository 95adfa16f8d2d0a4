// Which metric set is meant, and where a block has it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "usage/model/batch.h"

namespace kubevitals::usage {

// The names that make a set's key; those that its type does not have are empty.
struct SetName {
  SetType type = SetType::kCluster;
  std::string_view node;  // of nodes and system containers
  std::string_view namespace_;
  std::string_view pod;
  std::string_view container;
};

// The row of a pod in a block, or in what has its `pod_rows`.
template <typename Block>
std::optional<std::uint32_t> find_pod_row(const Block& block, std::string_view namespace_,
                                          std::string_view pod) {
  for (std::size_t row = 0; row < block.pod_rows.size(); ++row) {
    const PodName& name = *block.pod_rows[row].name;
    if (name.name == pod && name.namespace_ == namespace_) return static_cast<std::uint32_t>(row);
  }
  return std::nullopt;
}

// The row of a node's set in the table of its type. Of namespaces and the cluster there is none.
template <typename Block>
std::optional<std::uint32_t> find_row(const Block& block, const SetName& set) {
  switch (set.type) {
    case SetType::kCluster:
    case SetType::kNamespace:
      return std::nullopt;
    case SetType::kNode:
      return block.has_node() ? std::optional<std::uint32_t>(0) : std::nullopt;
    case SetType::kSystemContainer: {
      const auto found = std::find(block.system_names.begin(), block.system_names.end(), set.container);
      if (found == block.system_names.end()) return std::nullopt;
      return static_cast<std::uint32_t>(found - block.system_names.begin());
    }
    case SetType::kPod:
      return find_pod_row(block, set.namespace_, set.pod);
    case SetType::kPodContainer:
      break;
  }
  const std::optional<std::uint32_t> pod = find_pod_row(block, set.namespace_, set.pod);
  for (std::size_t row = 0; pod && row < block.container_rows.size(); ++row) {
    const auto& container = block.container_rows[row];
    if (container.pod == *pod && container.name->name == set.container) {
      return static_cast<std::uint32_t>(row);
    }
  }
  return std::nullopt;
}

}  // namespace kubevitals::usage
