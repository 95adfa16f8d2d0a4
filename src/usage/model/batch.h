// What one scrape cycle brings: a block of metric sets from each node, and the sums over them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "usage/model/label_pairs.h"
#include "usage/model/table.h"

namespace kubevitals::usage {

// The type of a metric set; the values are those of its label "type".
enum class SetType : std::uint8_t { kCluster, kNamespace, kNode, kSystemContainer, kPod, kPodContainer };
std::string_view to_string(SetType type);

// A container's name and the image it runs, as far as somebody has told.
struct ContainerName {
  std::string name;
  std::string image;  // empty: not known

  bool operator==(const ContainerName&) const = default;
};

// A resource request that is not in the schema, such as of a GPU.
struct ExtraRequest {
  std::string metric;  // "nvidia.com/gpu/request"
  std::int64_t value;

  bool operator==(const ExtraRequest&) const = default;
};

// What the API server says about a container, but for what differs between the pods of one template.
struct ContainerInfo {
  std::shared_ptr<const ContainerName> name;
  std::int64_t cpu_request = 0;  // millicores; the rest in bytes
  std::int64_t cpu_limit = 0;
  std::int64_t memory_request = 0;
  std::int64_t memory_limit = 0;
  std::int64_t storage_request = 0;
  std::int64_t storage_limit = 0;
  std::vector<ExtraRequest> extra;

  bool operator==(const ContainerInfo& other) const;
};

// What a pod's status says that many pods have in common.
struct PodState {
  bool running = false;                      // the phase
  std::vector<std::int32_t> restart_counts;  // of spec.containers; below zero: no status yet

  bool operator==(const PodState&) const = default;
};

// Who a pod is, as its node or the API server says.
struct PodName {
  std::string namespace_;
  std::string name;
  std::string uid;  // empty: the source does not say

  bool operator==(const PodName&) const = default;
};

// What the API server says about a pod, as far as it is used here. Constant once published; what the pods of
// one template have in common is shared.
struct PodInfo {
  std::shared_ptr<const PodName> name;      // the same one as long as the pod lives
  std::shared_ptr<const std::string> node;  // empty: not scheduled yet
  std::shared_ptr<const LabelPairs> labels;
  std::shared_ptr<const std::vector<ContainerInfo>> containers;  // spec.containers
  std::shared_ptr<const PodState> state;
  Nanos start_time = kNoTime;  // status.startTime
};

// What the API server says about a node.
struct NodeInfo {
  std::string name;
  std::string hostname;
  std::string host_id;
  bool schedulable = true;
  std::shared_ptr<const LabelPairs> labels;
  // Millicores and bytes; kAbsent where the node does not say.
  Value cpu_capacity = kAbsent;
  Value cpu_allocatable = kAbsent;
  Value memory_capacity = kAbsent;
  Value memory_allocatable = kAbsent;
  Value storage_capacity = kAbsent;
  Value storage_allocatable = kAbsent;
};

// One node's metric sets. Every container belongs to a pod of the same block.
struct NodeBlock {
  std::shared_ptr<const NodeInfo> info;
  // The source reports node-level labels that only the classic one has ("schedulable").
  bool classic = false;

  Table node;  // one row, or none when the node did not report itself
  bool has_node() const { return node.rows() > 0; }

  Table system;  // containers that are no pod's
  std::vector<std::string> system_names;

  Table pods;
  struct Pod {
    std::shared_ptr<const PodName> name;
    std::shared_ptr<const PodInfo> info;               // null: the API server does not know it
    std::shared_ptr<const std::string> namespace_uid;  // null: not known
  };
  std::vector<Pod> pod_rows;

  Table containers;
  struct Container {
    std::uint32_t pod;  // its row
    std::shared_ptr<const ContainerName> name;
  };
  std::vector<Container> container_rows;

  void shrink();
};

// The sums over the pods of a namespace.
struct NamespaceRow {
  std::string name;
  std::string uid;  // empty: not known
};

// Constant once published.
struct Batch {
  Nanos timestamp = 0;                                  // the end of the cycle's period
  std::vector<std::shared_ptr<const NodeBlock>> nodes;  // in the order of their names
  Table namespaces;
  std::vector<NamespaceRow> namespace_rows;  // in the order of their names
  Table cluster;                             // one row

  // Null when the node is not there.
  const NodeBlock* find(std::string_view node) const;
};

}  // namespace kubevitals::usage
