// What is kept longer than whole batches: two values of each metric set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "usage/model/batch.h"
#include "usage/model/set_name.h"

namespace kubevitals::usage {

// The sets of one node, by their names. Constant; shared by all batches in which the node has just these.
struct NodeLayout {
  std::shared_ptr<const NodeInfo> info;
  bool with_node = false;
  std::vector<std::string> system_names;
  struct Pod {
    std::shared_ptr<const PodName> name;
  };
  std::vector<Pod> pod_rows;
  std::vector<NodeBlock::Container> container_rows;

  bool has_node() const { return with_node; }
  bool describes(const NodeBlock& block) const;
  // Where the values of a set stand among those of the node.
  std::size_t index(SetType type, std::uint32_t row) const;
  std::size_t size() const;
};

// cpu/usage_rate and memory/usage of all sets of a batch, 12 bytes for both. Constant.
class LongBatch {
 public:
  // Shares the layouts of `before`, which may be null, where nothing has changed.
  LongBatch(const Batch& batch, const LongBatch* before);

  struct Node {
    std::shared_ptr<const NodeLayout> layout;
    std::size_t first;  // of its values
  };

  Nanos timestamp() const { return timestamp_; }
  const std::vector<Node>& nodes() const { return nodes_; }  // in the order of their names

  // Of a set of this node. Metrics other than the two have no value.
  Value get(Metric metric, const Node& node, SetType type, std::uint32_t row) const {
    return get(metric, node.first + node.layout->index(type, row));
  }
  // Of the cluster or of a namespace.
  Value get(Metric metric, const SetName& set) const;

  // What it takes, but for what it shares with the batches themselves; each layout counts where it is new.
  std::size_t bytes() const { return bytes_; }

 private:
  Value get(Metric metric, std::size_t index) const;
  void add(const Table& table);

  Nanos timestamp_;
  std::vector<Node> nodes_;
  std::vector<std::string> namespaces_;  // whose values stand behind those of the nodes; then the cluster's
  std::size_t first_namespace_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::uint32_t> cpu_;  // millicores
  std::vector<Value> memory_;
};

}  // namespace kubevitals::usage
