#include "discovery/kubernetes/endpoint_targets.h"

#include <algorithm>

namespace kubevitals::discovery::kubernetes {
namespace {

// The container's port of this number: of one container the first, of several containers the last.
const PodPort* matching_port(const PodRecord& pod, std::int32_t number) {
  const PodPort* match = nullptr;
  for (const PodPort& port : pod.ports) {
    if (!port.has_number || port.number != number) continue;
    if (match == nullptr || match->container != port.container) match = &port;
  }
  return match;
}

}  // namespace

const PodRecord* EndpointTargets::pod_of(const EndpointAddress& address) const {
  if (address.kind != TargetKind::kPod || around_.pods == nullptr) return nullptr;
  return around_.pods->find(endpoints_.pod_key(address));
}

void EndpointTargets::remember(const PodRecord& pod, const EndpointPort& port) {
  const auto [found, is_new] = index_.try_emplace(&pod, seen_.size());
  if (is_new) seen_.push_back({&pod, {}});
  std::vector<std::int32_t>& numbers = seen_[found->second].numbers;
  if (port.number) numbers.push_back(*port.number);
}

void EndpointTargets::add(const EndpointAddress& address, const EndpointPort& port) {
  const PodRecord* pod = pod_of(address);
  if (pod != nullptr) remember(*pod, port);
  if (port.number) {
    parts_.own.add(address_label(), join_host_port(address.ip, unsigned_port(*port.number)));
  } else {
    parts_.own.add(address_label(), address.ip);
  }
  parts_.attach(address.labels);
  parts_.attach(port.labels);
  if (pod != nullptr) {
    const PodPort* container = port.number ? matching_port(*pod, *port.number) : nullptr;
    if (container != nullptr) parts_.attach(container->labels);
    // The incumbent shows the protocol of the endpoint here, of slices the container's.
    if (container != nullptr && !endpoints_.is_slice) {
      parts_.own.add(names().container_port_protocol, value_of(port.labels, names().endpoint_port_protocol));
    }
    attach_pod(*pod, around_, parts_);
  }
  attach_node(attached_node(endpoints_, address), around_, parts_);
  out_.push_back(parts_.build());
}

void EndpointTargets::add_other_ports() {
  for (const Seen& seen : seen_) {
    const std::string_view ip = seen.pod->ip();
    if (ip.empty()) continue;
    for (const PodPort& port : seen.pod->ports) {
      if (!port.has_number ||
          std::find(seen.numbers.begin(), seen.numbers.end(), port.number) != seen.numbers.end()) {
        continue;
      }
      parts_.own.add(address_label(), join_host_port(ip, unsigned_port(port.number)));
      parts_.attach(port.labels);
      attach_pod(*seen.pod, around_, parts_);
      out_.push_back(parts_.build());
    }
  }
}

}  // namespace kubevitals::discovery::kubernetes
