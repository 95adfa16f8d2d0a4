// Role service.
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_service(const ServiceRecord& service, const Neighbours& around) {
  auto group = std::make_shared<TargetGroup>();
  group->source = "svc/" + service.key;
  LabelParts parts;
  parts.own.add(names().namespace_, service.ns());
  parts.attach(service.labels);
  attach_namespace(service.ns(), around, parts);
  group->labels = parts.build();
  group->targets = service.targets;
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
