#include "discovery/kubernetes/roles.h"

#include <algorithm>

#include "discovery/kubernetes/groups.h"
#include "discovery/kubernetes/typed_unit.h"

namespace kubevitals::discovery::kubernetes {
namespace {

struct PodTraits {
  using Object = kube::Pod;
  using Record = PodRecord;
  static constexpr Role kRole = Role::kPod;
  static constexpr const char* kEvents = "pod";
  static constexpr bool kEndpoints = false;
  static constexpr bool kPods = true;
  static const kube::ResourceType& resource() { return kube::kPods; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_pod(record, around);
  }
};

struct ServiceTraits {
  using Object = kube::Service;
  using Record = ServiceRecord;
  static constexpr Role kRole = Role::kService;
  static constexpr const char* kEvents = "service";
  static constexpr bool kEndpoints = false;
  static constexpr bool kPods = false;
  static const kube::ResourceType& resource() { return kube::kServices; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_service(record, around);
  }
};

struct EndpointsTraits {
  using Object = kube::Endpoints;
  using Record = EndpointsRecord;
  static constexpr Role kRole = Role::kEndpoints;
  static constexpr const char* kEvents = "endpoints";
  static constexpr bool kEndpoints = true;
  static constexpr bool kPods = false;
  static const kube::ResourceType& resource() { return kube::kEndpoints; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_endpoints(record, around);
  }
};

struct SliceTraits {
  using Object = kube::EndpointSlice;
  using Record = EndpointsRecord;
  static constexpr Role kRole = Role::kEndpointSlice;
  static constexpr const char* kEvents = "endpointslice";
  static constexpr bool kEndpoints = true;
  static constexpr bool kPods = false;
  static const kube::ResourceType& resource() { return kube::kEndpointSlices; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_slice(record, around);
  }
};

struct NodeTraits {
  using Object = kube::Node;
  using Record = NodeRecord;
  static constexpr Role kRole = Role::kNode;
  static constexpr const char* kEvents = "node";
  static constexpr bool kEndpoints = false;
  static constexpr bool kPods = false;
  static const kube::ResourceType& resource() { return kube::kNodes; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_node(record, around);
  }
};

struct IngressTraits {
  using Object = kube::Ingress;
  using Record = IngressRecord;
  static constexpr Role kRole = Role::kIngress;
  static constexpr const char* kEvents = "ingress";
  static constexpr bool kEndpoints = false;
  static constexpr bool kPods = false;
  static const kube::ResourceType& resource() { return kube::kIngresses; }
  static TargetGroupPtr build(const Record& record, const Neighbours& around) {
    return build_ingress(record, around);
  }
};

template <typename Traits>
std::unique_ptr<Unit> make_unit(const UnitSettings& settings) {
  return std::make_unique<TypedUnit<Traits>>(settings);
}

constexpr Role kForPod[] = {Role::kPod, Role::kNode};
constexpr Role kForService[] = {Role::kService};
constexpr Role kForEndpoints[] = {Role::kPod, Role::kService, Role::kEndpoints};
constexpr Role kForSlice[] = {Role::kPod, Role::kService, Role::kEndpointSlice};
constexpr Role kForNode[] = {Role::kNode};
constexpr Role kForIngress[] = {Role::kIngress};

constexpr RoleRow kRows[] = {
    {Role::kPod, "pod", true, kForPod, make_unit<PodTraits>},
    {Role::kService, "service", true, kForService, make_unit<ServiceTraits>},
    {Role::kEndpoints, "endpoints", true, kForEndpoints, make_unit<EndpointsTraits>},
    {Role::kEndpointSlice, "endpointslice", true, kForSlice, make_unit<SliceTraits>},
    {Role::kNode, "node", false, kForNode, make_unit<NodeTraits>},
    {Role::kIngress, "ingress", true, kForIngress, make_unit<IngressTraits>},
};

}  // namespace

std::span<const RoleRow> roles() {
  return kRows;
}

const RoleRow& row_of(Role role) {
  return *std::find_if(std::begin(kRows), std::end(kRows),
                       [&](const RoleRow& row) { return row.role == role; });
}

std::optional<Role> find_role(std::string_view name) {
  for (const RoleRow& row : kRows) {
    if (row.name == name) return row.role;
  }
  return std::nullopt;
}

}  // namespace kubevitals::discovery::kubernetes
