#include "discovery/kubernetes/explain.h"

#include <algorithm>

#include "discovery/target_group.h"

namespace kubevitals::discovery::kubernetes {
namespace {

// So many objects are told about; more would be no answer.
constexpr std::size_t kMostSentences = 20;

// The host of an address with or without a port and brackets.
std::string_view host_of(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  const std::size_t colon = address.find(':');
  // A bare IPv6 address has several.
  if (colon == std::string_view::npos || address.find(':', colon + 1) != std::string_view::npos)
    return address;
  return address.substr(0, colon);
}

std::string_view port_of(std::string_view address) {
  const std::string_view host = host_of(address);
  if (host.size() == address.size()) return {};
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
}

bool has_label(const LabelBlockPtr& block, const AbsenceQuery& query) {
  return block && !query.value.empty() && block->find(query.label).value_or("") == query.value;
}

bool asks_for_address(const AbsenceQuery& query) {
  return query.label == address_label() && !query.value.empty();
}

template <typename R, typename Visit>
void for_each(const Table<R>& table, std::vector<std::string>& out, Visit visit) {
  for (kube::ObjectSlot slot = 0; slot < table.slots() && out.size() < kMostSentences; ++slot) {
    if (const RecordPtr<R>& record = table.at(slot)) visit(*record);
  }
}

bool is_meant(const PodRecord& pod, const AbsenceQuery& query) {
  if (asks_for_address(query)) return pod.ip() == host_of(query.value);
  if (has_label(pod.labels, query)) return true;
  return std::any_of(pod.ports.begin(), pod.ports.end(), [&](const PodPort& port) {
    return has_label(port.labels, query) || has_label(port.id, query);
  });
}

bool has_port(const PodRecord& pod, std::string_view number) {
  return std::any_of(pod.ports.begin(), pod.ports.end(), [&](const PodPort& port) {
    return port.has_number && unsigned_port(port.number) == number;
  });
}

std::string quoted(std::string_view text) {
  return std::string("\"").append(text).append("\"");
}

void explain_pod(const PodRecord& pod, const AbsenceQuery& query, const Neighbours& around,
                 std::vector<std::string>& out) {
  const std::string name = "pod " + pod.key;
  if (pod.ip().empty()) {
    const std::string phase = pod.phase().empty() ? "" : " (phase " + std::string(pod.phase()) + ")";
    out.push_back(name + " is there but has no IP yet" + phase);
    return;
  }
  if (around.nodes != nullptr && around.nodes->find(pod.node()) == nullptr) {
    out.push_back("node " + quoted(pod.node()) + " of " + name +
                  " is unknown, and attach_metadata.node hides the pods of such nodes");
    return;
  }
  if (pod.ports.empty()) {
    out.push_back(name + " has no containers");
    return;
  }
  const std::string_view port = asks_for_address(query) ? port_of(query.value) : std::string_view();
  if (!port.empty() && !has_port(pod, port)) {
    out.push_back(name + " is there, but no container of it declares the port " + std::string(port));
    return;
  }
  out.push_back(name + " is discovered");
}

bool is_meant(const EndpointsRecord& endpoints, const AbsenceQuery& query) {
  if (!asks_for_address(query) && has_label(endpoints.labels, query)) return true;
  for (const EndpointSubset& subset : endpoints.subsets) {
    for (const EndpointAddress& address : subset.addresses) {
      if (asks_for_address(query) ? address.ip == host_of(query.value) : has_label(address.labels, query)) {
        return true;
      }
    }
  }
  return false;
}

bool refers_to(const EndpointsRecord& endpoints, std::string_view pod_key) {
  for (const EndpointSubset& subset : endpoints.subsets) {
    for (const EndpointAddress& address : subset.addresses) {
      if (address.kind == TargetKind::kPod && endpoints.pod_key(address) == pod_key) return true;
    }
  }
  return false;
}

void explain_endpoints(const EndpointsRecord& endpoints, const Neighbours& around,
                       std::vector<std::string>& out) {
  const std::string name = (endpoints.is_slice ? "endpointslice " : "endpoints ") + endpoints.key;
  const ServiceRecord* service =
      around.services != nullptr ? around.services->find(endpoints.service_key) : nullptr;
  if (endpoints.is_slice && service != nullptr && service->primary_family &&
      *service->primary_family != endpoints.address_type) {
    out.push_back(name + " is of the second address family of service " + service->key +
                  ", whose targets are those of " + *service->primary_family);
    return;
  }
  const auto empty = [](const EndpointSubset& subset) {
    return subset.addresses.empty() || subset.ports.empty();
  };
  if (std::all_of(endpoints.subsets.begin(), endpoints.subsets.end(), empty)) {
    out.push_back(name + " has no addresses with ports");
    return;
  }
  out.push_back(name + " is discovered");
}

}  // namespace

void explain_absence(const AbsenceQuery& query, const Table<PodRecord>& pods, const Neighbours& around,
                     std::vector<std::string>& out) {
  for_each(pods, out, [&](const PodRecord& pod) {
    if (is_meant(pod, query)) explain_pod(pod, query, around, out);
  });
}

void explain_absence(const AbsenceQuery& query, const Table<ServiceRecord>& services, const Neighbours&,
                     std::vector<std::string>& out) {
  for_each(services, out, [&](const ServiceRecord& service) {
    const std::string host = std::string(service.name()).append(".").append(service.ns()).append(".svc");
    const bool meant =
        asks_for_address(query) ? host == host_of(query.value) : has_label(service.labels, query);
    if (!meant) return;
    if (service.targets.empty()) {
      out.push_back("service " + service.key + " has no ports");
    } else {
      out.push_back("service " + service.key + " is discovered");
    }
  });
}

void explain_absence(const AbsenceQuery& query, const Table<EndpointsRecord>& endpoints,
                     const Neighbours& around, std::vector<std::string>& out) {
  for_each(endpoints, out, [&](const EndpointsRecord& record) {
    if (is_meant(record, query)) explain_endpoints(record, around, out);
  });
  if (around.pods == nullptr) return;
  for_each(*around.pods, out, [&](const PodRecord& pod) {
    if (!is_meant(pod, query)) return;
    bool referred = false;
    for (kube::ObjectSlot slot = 0; slot < endpoints.slots() && !referred; ++slot) {
      const RecordPtr<EndpointsRecord>& record = endpoints.at(slot);
      referred = record && refers_to(*record, pod.key);
    }
    out.push_back(
        "pod " + pod.key +
        (referred ? " is there, and endpoints refer to it" : " is there, but no endpoints refer to it"));
  });
}

void explain_absence(const AbsenceQuery& query, const Table<IngressRecord>& ingresses, const Neighbours&,
                     std::vector<std::string>& out) {
  for_each(ingresses, out, [&](const IngressRecord& ingress) {
    const bool meant = has_label(ingress.labels, query) ||
                       std::any_of(ingress.targets.begin(), ingress.targets.end(),
                                   [&](const LabelBlockPtr& target) { return has_label(target, query); });
    if (!meant) return;
    const char* what = ingress.targets.empty() ? " has no rule with a path" : " is discovered";
    out.push_back("ingress " + ingress.key + what);
  });
}

void explain_absence(const AbsenceQuery& query, const Table<NodeRecord>& nodes, const Neighbours&,
                     std::vector<std::string>& out) {
  for_each(nodes, out, [&](const NodeRecord& node) {
    const bool by_instance = query.label == instance_label() && node.key == query.value;
    const bool by_address = asks_for_address(query) && node.target &&
                            host_of(value_of(node.target, address_label())) == host_of(query.value);
    if (!by_instance && !by_address && !has_label(node.labels, query) && !has_label(node.target, query))
      return;
    out.push_back("node " + node.key + (node.target ? " is discovered" : " has no address"));
  });
}

}  // namespace kubevitals::discovery::kubernetes
