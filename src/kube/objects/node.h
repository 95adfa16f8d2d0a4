// v1.Node: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct Taint {
  std::string_view key;
  std::string_view value;
  std::string_view effect;
  friend bool operator==(const Taint&, const Taint&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "key", &Taint::key}, Field{2, "value", &Taint::value},
                      Field{3, "effect", &Taint::effect}};
  }
};

struct NodeSpec {
  std::string_view pod_cidr;
  std::string_view external_id;
  std::string_view provider_id;
  bool unschedulable = false;
  std::vector<Taint> taints;
  std::vector<std::string_view> pod_cidrs;
  friend bool operator==(const NodeSpec&, const NodeSpec&) = default;
  static constexpr auto fields() {
    return std::tuple{
        Field{1, "podCIDR", &NodeSpec::pod_cidr},       Field{2, "externalID", &NodeSpec::external_id},
        Field{3, "providerID", &NodeSpec::provider_id}, Field{4, "unschedulable", &NodeSpec::unschedulable},
        Field{5, "taints", &NodeSpec::taints},          Field{7, "podCIDRs", &NodeSpec::pod_cidrs}};
  }
};

using NodeCondition = BasicCondition<2, 4, 5>;

struct NodeAddress {
  std::string_view type;
  std::string_view address;
  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "type", &NodeAddress::type}, Field{2, "address", &NodeAddress::address}};
  }
};

struct NodeSystemInfo {
  std::string_view system_uuid;
  std::string_view kernel_version;
  std::string_view os_image;
  std::string_view container_runtime_version;
  std::string_view kubelet_version;
  friend bool operator==(const NodeSystemInfo&, const NodeSystemInfo&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{2, "systemUUID", &NodeSystemInfo::system_uuid},
                      Field{4, "kernelVersion", &NodeSystemInfo::kernel_version},
                      Field{5, "osImage", &NodeSystemInfo::os_image},
                      Field{6, "containerRuntimeVersion", &NodeSystemInfo::container_runtime_version},
                      Field{7, "kubeletVersion", &NodeSystemInfo::kubelet_version}};
  }
};

struct DaemonEndpoint {
  std::int32_t port = 0;
  friend bool operator==(const DaemonEndpoint&, const DaemonEndpoint&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "Port", &DaemonEndpoint::port}}; }
};

struct NodeDaemonEndpoints {
  DaemonEndpoint kubelet_endpoint;
  friend bool operator==(const NodeDaemonEndpoints&, const NodeDaemonEndpoints&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "kubeletEndpoint", &NodeDaemonEndpoints::kubelet_endpoint}};
  }
};

struct NodeStatus {
  ResourceList capacity;
  ResourceList allocatable;
  std::vector<NodeCondition> conditions;
  std::vector<NodeAddress> addresses;
  NodeDaemonEndpoints daemon_endpoints;
  NodeSystemInfo node_info;
  friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "capacity", &NodeStatus::capacity},
                      Field{2, "allocatable", &NodeStatus::allocatable},
                      Field{4, "conditions", &NodeStatus::conditions},
                      Field{5, "addresses", &NodeStatus::addresses},
                      Field{6, "daemonEndpoints", &NodeStatus::daemon_endpoints},
                      Field{7, "nodeInfo", &NodeStatus::node_info}};
  }
};

struct Node {
  ObjectMeta metadata;
  NodeSpec spec;
  NodeStatus status;
  friend bool operator==(const Node&, const Node&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Node::metadata}, Field{2, "spec", &Node::spec},
                      Field{3, "status", &Node::status}};
  }
};

}  // namespace kubevitals::kube
