// Services, ingresses, nodes and namespaces: objects whose targets follow from themselves alone.
#include <array>
#include <utility>

#include "discovery/kubernetes/record_makers.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::kubernetes {
namespace {

std::string load_balancer_ips(const kube::Service& service) {
  std::string joined;
  for (const kube::LoadBalancerIngress& ingress : service.status.load_balancer.ingress) {
    if (ingress.ip.empty()) continue;
    if (!joined.empty()) joined += ',';
    joined += ingress.ip;
  }
  return joined.empty() ? std::string(service.spec.load_balancer_ip) : joined;
}

// What all targets of a service share.
LabelBlockPtr service_facts(const kube::Service& service) {
  const LabelNames& known = names();
  LabelBlockBuilder builder;
  builder.add(known.service_type, service.spec.type);
  if (service.spec.type == "ExternalName") {
    builder.add(known.service_external_name, service.spec.external_name);
  } else {
    builder.add(known.service_cluster_ip, service.spec.cluster_ip);
  }
  if (service.spec.type == "LoadBalancer") {
    builder.add(known.service_loadbalancer_ip, load_balancer_ips(service));
  }
  return builder.build();
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

// Whether a host of an ingress's TLS section covers a rule's host: equal, or "*" for the first label.
bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  const std::vector<std::string_view> wanted = split(pattern);
  const std::vector<std::string_view> given = split(host);
  return wanted.front() == "*" && wanted.size() == given.size() &&
         std::equal(wanted.begin() + 1, wanted.end(), given.begin() + 1);
}

bool has_tls(const kube::Ingress& ingress, std::string_view host) {
  for (const kube::IngressTls& tls : ingress.spec.tls) {
    for (const std::string_view pattern : tls.hosts) {
      if (covers(pattern, host)) return true;
    }
  }
  return false;
}

LabelBlockPtr ingress_target(std::string_view host, std::string_view path, bool tls) {
  const LabelNames& known = names();
  LabelBlockBuilder builder;
  builder.add(address_label(), host);
  builder.add(known.ingress_host, host);
  builder.add(known.ingress_path, path.empty() ? "/" : path);
  builder.add(known.ingress_scheme, tls ? "https" : "http");
  return builder.build();
}

// The first address of the best type that there is; null when no type is known.
const kube::NodeAddress* best_address(const kube::Node& node) {
  static constexpr std::array<std::string_view, 6> kBestFirst = {"InternalIP",  "InternalDNS",  "ExternalIP",
                                                                 "ExternalDNS", "LegacyHostIP", "Hostname"};
  for (const std::string_view type : kBestFirst) {
    for (const kube::NodeAddress& address : node.status.addresses) {
      if (address.type == type) return &address;
    }
  }
  return nullptr;
}

LabelBlockPtr node_target(const kube::Node& node) {
  const kube::NodeAddress* best = best_address(node);
  if (best == nullptr) return nullptr;
  LabelBlockBuilder builder;
  const std::string port = std::to_string(node.status.daemon_endpoints.kubelet_endpoint.port);
  builder.add(address_label(), join_host_port(best->address, port));
  builder.add(instance_label(), node.metadata.name);
  // The first of each type: a builder keeps the last.
  const auto& addresses = node.status.addresses;
  for (auto address = addresses.rbegin(); address != addresses.rend(); ++address) {
    builder.add("__meta_kubernetes_node_address_" + sanitize_label_name(address->type), address->address);
  }
  return builder.build();
}

LabelBlockPtr node_state(const kube::Node& node) {
  LabelBlockBuilder builder;
  builder.add(names().node_provider_id, node.spec.provider_id);
  for (const kube::NodeCondition& condition : node.status.conditions) {
    builder.add("__meta_kubernetes_node_condition_" + sanitize_label_name(lower_case(condition.type)),
                lower_case(condition.status));
  }
  return builder.build();
}

}  // namespace

RecordPtr<ServiceRecord> make_record(const kube::Service& service, BlockCache& cache) {
  const LabelNames& known = names();
  const auto record = new_record<ServiceRecord>(service.metadata);
  LabelBlockBuilder builder;
  add_metadata(builder, "service", service.metadata);
  record->labels = builder.build();
  const std::string_view policy = service.spec.ip_family_policy;
  const bool dual = policy == "PreferDualStack" || policy == "RequireDualStack";
  if (dual && !service.spec.ip_families.empty()) record->primary_family = service.spec.ip_families.front();
  if (service.spec.ports.empty()) return record;
  const LabelBlockPtr facts = cache.share(service_facts(service));
  const std::string host =
      std::string(service.metadata.name).append(".").append(service.metadata.namespace_).append(".svc");
  record->targets.reserve(service.spec.ports.size());
  for (const kube::ServicePort& port : service.spec.ports) {
    const std::string number = std::to_string(port.port);
    builder.add(address_label(), join_host_port(host, number));
    builder.add(known.service_port_name, port.name);
    builder.add(known.service_port_number, number);
    builder.add(known.service_port_protocol, port.protocol);
    record->targets.push_back(builder.build(std::span(&facts, 1)));
  }
  return record;
}

RecordPtr<IngressRecord> make_record(const kube::Ingress& ingress, BlockCache&) {
  const auto record = new_record<IngressRecord>(ingress.metadata);
  LabelBlockBuilder builder;
  add_metadata(builder, "ingress", ingress.metadata);
  if (ingress.spec.ingress_class_name) {
    builder.add(names().ingress_class_name, *ingress.spec.ingress_class_name);
  }
  record->labels = builder.build();
  for (const kube::IngressRule& rule : ingress.spec.rules) {
    const bool tls = has_tls(ingress, rule.host);
    if (!rule.value.http) {
      record->targets.push_back(ingress_target(rule.host, {}, tls));
      continue;
    }
    for (const kube::HttpIngressPath& path : rule.value.http->paths) {
      record->targets.push_back(ingress_target(rule.host, path.path, tls));
    }
  }
  return record;
}

RecordPtr<NodeRecord> make_record(const kube::Node& node, BlockCache&) {
  const auto record = new_record<NodeRecord>(node.metadata);
  LabelBlockBuilder builder;
  add_metadata(builder, "node", node.metadata);
  record->labels = builder.build();
  record->state = node_state(node);
  record->target = node_target(node);
  return record;
}

RecordPtr<NamespaceRecord> make_record(const kube::Namespace& ns, BlockCache&) {
  const auto record = new_record<NamespaceRecord>(ns.metadata);
  LabelBlockBuilder builder;
  add_labels(builder, "namespace", ns.metadata.labels);
  add_annotations(builder, "namespace", ns.metadata.annotations);
  record->labels = builder.build();
  return record;
}

}  // namespace kubevitals::discovery::kubernetes
