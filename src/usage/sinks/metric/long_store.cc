#include "usage/sinks/metric/long_store.h"

#include <algorithm>
#include <limits>

namespace kubevitals::usage {
namespace {

constexpr std::uint32_t kNoCpu = std::numeric_limits<std::uint32_t>::max();

std::shared_ptr<const NodeLayout> make_layout(const NodeBlock& block) {
  auto layout = std::make_shared<NodeLayout>();
  layout->info = block.info;
  layout->with_node = block.has_node();
  layout->system_names = block.system_names;
  layout->pod_rows.reserve(block.pod_rows.size());
  for (const NodeBlock::Pod& pod : block.pod_rows) layout->pod_rows.push_back({pod.name});
  layout->container_rows = block.container_rows;
  layout->container_rows.shrink_to_fit();
  return layout;
}

std::size_t bytes_of(const NodeLayout& layout) {
  return sizeof layout + layout.system_names.size() * sizeof(std::string) +
         layout.pod_rows.size() * sizeof(NodeLayout::Pod) +
         layout.container_rows.size() * sizeof(NodeBlock::Container);
}

}  // namespace

bool NodeLayout::describes(const NodeBlock& block) const {
  const auto same_pod = [](const Pod& a, const NodeBlock::Pod& b) {
    return a.name == b.name || *a.name == *b.name;
  };
  const auto same_container = [](const NodeBlock::Container& a, const NodeBlock::Container& b) {
    return a.pod == b.pod && (a.name == b.name || a.name->name == b.name->name);
  };
  return info->name == block.info->name && with_node == block.has_node() &&
         system_names == block.system_names &&
         std::equal(pod_rows.begin(), pod_rows.end(), block.pod_rows.begin(), block.pod_rows.end(),
                    same_pod) &&
         std::equal(container_rows.begin(), container_rows.end(), block.container_rows.begin(),
                    block.container_rows.end(), same_container);
}

std::size_t NodeLayout::index(SetType type, std::uint32_t row) const {
  std::size_t first = 0;
  if (type == SetType::kNode) return first + row;
  first += with_node ? 1 : 0;
  if (type == SetType::kSystemContainer) return first + row;
  first += system_names.size();
  if (type == SetType::kPod) return first + row;
  return first + pod_rows.size() + row;
}

std::size_t NodeLayout::size() const {
  return index(SetType::kPodContainer, static_cast<std::uint32_t>(container_rows.size()));
}

LongBatch::LongBatch(const Batch& batch, const LongBatch* before) : timestamp_(batch.timestamp) {
  nodes_.reserve(batch.nodes.size());
  std::size_t sets = batch.namespaces.rows() + batch.cluster.rows();
  std::size_t candidate = 0;
  for (const auto& block : batch.nodes) {
    std::shared_ptr<const NodeLayout> layout;
    while (before != nullptr && candidate < before->nodes_.size() &&
           before->nodes_[candidate].layout->info->name < block->info->name) {
      ++candidate;
    }
    if (before != nullptr && candidate < before->nodes_.size() &&
        before->nodes_[candidate].layout->describes(*block)) {
      layout = before->nodes_[candidate].layout;
    } else {
      layout = make_layout(*block);
      bytes_ += bytes_of(*layout);
    }
    sets += layout->size();
    nodes_.push_back({std::move(layout), 0});
  }
  cpu_.reserve(sets);
  memory_.reserve(sets);
  for (std::size_t i = 0; i < batch.nodes.size(); ++i) {
    nodes_[i].first = cpu_.size();
    const NodeBlock& block = *batch.nodes[i];
    for (const Table* table : {&block.node, &block.system, &block.pods, &block.containers}) add(*table);
  }
  first_namespace_ = cpu_.size();
  namespaces_.reserve(batch.namespace_rows.size());
  for (const NamespaceRow& row : batch.namespace_rows) namespaces_.push_back(row.name);
  add(batch.namespaces);
  add(batch.cluster);
  bytes_ += sizeof *this + nodes_.capacity() * sizeof(Node) + namespaces_.capacity() * sizeof(std::string) +
            cpu_.capacity() * sizeof(std::uint32_t) + memory_.capacity() * sizeof(Value);
}

void LongBatch::add(const Table& table) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Value cpu = table.get(Metric::kCpuUsageRate, row);
    const bool fits = cpu != kAbsent && cpu >= 0;
    cpu_.push_back(fits ? static_cast<std::uint32_t>(std::min<Value>(cpu, kNoCpu - 1)) : kNoCpu);
    memory_.push_back(table.get(Metric::kMemoryUsage, row));
  }
}

Value LongBatch::get(Metric metric, std::size_t index) const {
  if (metric == Metric::kMemoryUsage) return memory_[index];
  if (metric != Metric::kCpuUsageRate || cpu_[index] == kNoCpu) return kAbsent;
  return cpu_[index];
}

Value LongBatch::get(Metric metric, const SetName& set) const {
  if (set.type == SetType::kCluster) {
    const std::size_t index = first_namespace_ + namespaces_.size();
    return index < cpu_.size() ? get(metric, index) : kAbsent;
  }
  const auto found = std::lower_bound(namespaces_.begin(), namespaces_.end(), set.namespace_);
  if (found == namespaces_.end() || *found != set.namespace_) return kAbsent;
  return get(metric, first_namespace_ + static_cast<std::size_t>(found - namespaces_.begin()));
}

}  // namespace kubevitals::usage
