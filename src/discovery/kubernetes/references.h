// Which objects have to be built anew when another one changes.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "discovery/kubernetes/groups.h"
#include "kube/feed_subscriber.h"

namespace kubevitals::discovery::kubernetes {

// An object of a kind, as a number. That two objects have the same one does no harm: something is built anew
// that need not have been.
using Reference = std::uint64_t;

enum class ReferredKind : std::uint8_t { kPod, kService, kNode, kNamespace, kReplicaSet, kJob };

inline Reference reference_to(ReferredKind kind, std::string_view key) {
  return (std::hash<std::string_view>()(key) ^ static_cast<std::uint64_t>(kind)) * 0x9e37'79b9'7f4a'7c15u;
}

// What an object depends on, with the incumbent's gaps: its Endpoints know pods and nodes of ready addresses
// only, and nodes only of addresses that refer to a pod or a node. Each reference once.
std::vector<Reference> references_of(const PodRecord& pod, const AttachOptions& attach);
std::vector<Reference> references_of(const EndpointsRecord& endpoints, const AttachOptions& attach);
std::vector<Reference> references_of(const ServiceRecord& service, const AttachOptions& attach);
std::vector<Reference> references_of(const IngressRecord& ingress, const AttachOptions& attach);
std::vector<Reference> references_of(const NodeRecord& node, const AttachOptions& attach);

// From what is referred to to the slots of the objects that do. Not thread-safe.
class ReferenceIndex final {
 public:
  void add(const std::vector<Reference>& references, kube::ObjectSlot slot);
  void remove(const std::vector<Reference>& references, kube::ObjectSlot slot);
  // The slots, in no order; null for none.
  const std::vector<kube::ObjectSlot>* find(Reference reference) const;

 private:
  boost::unordered_flat_map<Reference, std::vector<kube::ObjectSlot>> slots_;
};

}  // namespace kubevitals::discovery::kubernetes
