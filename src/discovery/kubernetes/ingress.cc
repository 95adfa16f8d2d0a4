// Role ingress.
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_ingress(const IngressRecord& ingress, const Neighbours& around) {
  auto group = std::make_shared<TargetGroup>();
  group->source = "ingress/" + ingress.key;
  LabelParts parts;
  parts.own.add(names().namespace_, ingress.ns());
  parts.attach(ingress.labels);
  attach_namespace(ingress.ns(), around, parts);
  group->labels = parts.build();
  group->targets = ingress.targets;
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
