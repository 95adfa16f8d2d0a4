// The API's names for a kind of object.
#pragma once

#include <string>
#include <string_view>

namespace kubevitals::kube {

// Constant data; see kResourceTypes below for the ones that are known.
struct ResourceType {
  std::string_view group;    // "" for the core group
  std::string_view version;  // "v1"
  std::string_view plural;   // "pods": the resource's name in paths
  std::string_view kind;     // "Pod"
  bool namespaced = true;

  // "v1", "apps/v1".
  std::string api_version() const {
    return group.empty() ? std::string(version) : std::string(group).append("/").append(version);
  }
  // "/api/v1/namespaces/ns/pods", "/apis/apps/v1/deployments"; all namespaces when `ns` is empty.
  std::string path(std::string_view ns = {}) const;

  friend bool operator==(const ResourceType&, const ResourceType&) = default;
};

inline constexpr ResourceType kPods{"", "v1", "pods", "Pod", true};
inline constexpr ResourceType kNodes{"", "v1", "nodes", "Node", false};
inline constexpr ResourceType kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr ResourceType kServices{"", "v1", "services", "Service", true};
inline constexpr ResourceType kEndpoints{"", "v1", "endpoints", "Endpoints", true};
inline constexpr ResourceType kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice",
                                              true};
inline constexpr ResourceType kIngresses{"networking.k8s.io", "v1", "ingresses", "Ingress", true};
inline constexpr ResourceType kJobs{"batch", "v1", "jobs", "Job", true};
inline constexpr ResourceType kDeployments{"apps", "v1", "deployments", "Deployment", true};
inline constexpr ResourceType kReplicaSets{"apps", "v1", "replicasets", "ReplicaSet", true};

}  // namespace kubevitals::kube
