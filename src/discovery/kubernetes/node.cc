// Role node.
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_node(const NodeRecord& node, const Neighbours&) {
  if (!node.target) return nullptr;
  auto group = std::make_shared<TargetGroup>();
  group->source = "node/" + node.key;
  LabelParts parts;
  parts.attach(node.state);
  parts.attach(node.labels);
  group->labels = parts.build();
  group->targets.push_back(node.target);
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
