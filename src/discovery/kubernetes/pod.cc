// Role pod.
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

TargetGroupPtr build_pod(const PodRecord& pod, const Neighbours& around) {
  std::string source = "pod/" + pod.key;
  const std::string_view ip = pod.ip();
  // A pod that starts, or has been evicted.
  if (ip.empty()) return empty_group(std::move(source));
  // This is how selectors of nodes leave pods out.
  if (around.nodes != nullptr && around.nodes->find(pod.node()) == nullptr) {
    return empty_group(std::move(source));
  }
  auto group = std::make_shared<TargetGroup>();
  group->source = std::move(source);
  LabelParts parts;
  parts.own.add(names().namespace_, pod.ns());
  attach_pod(pod, around, parts);
  attach_node(pod.node(), around, parts);
  attach_namespace(pod.ns(), around, parts);
  group->labels = parts.build();
  group->targets.reserve(pod.ports.size());
  for (const PodPort& port : pod.ports) {
    if (port.has_number) {
      parts.own.add(address_label(), join_host_port(ip, unsigned_port(port.number)));
    } else {
      parts.own.add(address_label(), ip);  // without brackets: whoever relabels adds the port
    }
    parts.attach(port.labels);
    parts.attach(port.id);
    group->targets.push_back(parts.build());
  }
  return group;
}

}  // namespace kubevitals::discovery::kubernetes
