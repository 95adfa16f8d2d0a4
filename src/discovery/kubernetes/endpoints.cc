// Role endpoints.
#include "discovery/kubernetes/endpoint_targets.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_endpoints(const EndpointsRecord& endpoints, const Neighbours& around) {
  auto group = std::make_shared<TargetGroup>();
  group->source = "endpoints/" + endpoints.key;
  LabelParts parts;
  parts.own.add(names().namespace_, endpoints.ns());
  parts.attach(endpoints.labels);
  const ServiceRecord* service =
      around.services != nullptr ? around.services->find(endpoints.service_key) : nullptr;
  if (service != nullptr) parts.attach(service->labels);
  attach_namespace(endpoints.ns(), around, parts);
  group->labels = parts.build();
  EndpointTargets targets(endpoints, around, group->targets);
  for (const EndpointSubset& subset : endpoints.subsets) {
    for (const EndpointPort& port : subset.ports) {
      for (const EndpointAddress& address : subset.addresses) targets.add(address, port);
    }
  }
  targets.add_other_ports();
  group->targets.shrink_to_fit();
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
