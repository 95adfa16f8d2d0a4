// Role endpointslice.
#include "discovery/kubernetes/endpoint_targets.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_slice(const EndpointsRecord& slice, const Neighbours& around) {
  auto group = std::make_shared<TargetGroup>();
  group->source = "endpointslice/" + slice.key;
  LabelParts parts;
  parts.own.add(names().namespace_, slice.ns());
  parts.attach(slice.labels);
  const ServiceRecord* service = around.services != nullptr && !slice.service_key.empty()
                                     ? around.services->find(slice.service_key)
                                     : nullptr;
  if (service != nullptr) parts.attach(service->labels);
  attach_namespace(slice.ns(), around, parts);
  group->labels = parts.build();
  // The slices of a service's second address family repeat the targets of the first one's.
  if (service != nullptr && service->primary_family && *service->primary_family != slice.address_type) {
    return group;
  }
  EndpointTargets targets(slice, around, group->targets);
  for (const EndpointSubset& subset : slice.subsets) {
    for (const EndpointAddress& address : subset.addresses) {
      for (const EndpointPort& port : subset.ports) targets.add(address, port);
    }
  }
  targets.add_other_ports();
  group->targets.shrink_to_fit();
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
