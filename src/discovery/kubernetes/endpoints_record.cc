// Endpoints and EndpointSlices.
#include "discovery/kubernetes/record_makers.h"

namespace kubevitals::discovery::kubernetes {
namespace {

constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

std::string slashed(std::string_view ns, std::string_view name) {
  return std::string(ns).append("/").append(name);
}

void set_target(EndpointAddress& address, const std::optional<kube::ObjectReference>& reference,
                std::string_view ns) {
  if (!reference) return;
  if (reference->kind == "Pod") {
    address.kind = TargetKind::kPod;
    if (reference->namespace_ != ns) {
      address.foreign_namespace = std::make_unique<const std::string>(reference->namespace_);
    }
  } else if (reference->kind == "Node") {
    address.kind = TargetKind::kNode;
  } else {
    address.kind = TargetKind::kOther;
  }
}

void add_addresses(const std::vector<kube::EndpointAddress>& addresses, bool ready, std::string_view ns,
                   std::vector<EndpointAddress>& out) {
  const LabelNames& known = names();
  for (const kube::EndpointAddress& object : addresses) {
    LabelBlockBuilder builder;
    builder.add(known.endpoint_ready, bool_text(ready));
    if (object.target_ref) {
      builder.add(known.endpoint_target_kind, object.target_ref->kind);
      builder.add(known.endpoint_target_name, object.target_ref->name);
    }
    if (object.node_name) builder.add(known.endpoint_node_name, *object.node_name);
    if (!object.hostname.empty()) builder.add(known.endpoint_hostname, object.hostname);
    EndpointAddress& address = out.emplace_back();
    address.labels = builder.build();
    address.ip = object.ip;
    address.ready = ready;
    address.has_node_name = object.node_name.has_value();
    set_target(address, object.target_ref, ns);
  }
}

// What the endpoints of one node and state have in common is shared between them.
LabelBlockPtr slice_endpoint_labels(const kube::SliceEndpoint& endpoint, BlockCache& cache) {
  const LabelNames& known = names();
  LabelBlockBuilder builder;
  const auto add_flag = [&](LabelName name, const std::optional<bool>& flag) {
    if (flag) builder.add(name, bool_text(*flag));
  };
  add_flag(known.slice_ready, endpoint.conditions.ready);
  add_flag(known.slice_serving, endpoint.conditions.serving);
  add_flag(known.slice_terminating, endpoint.conditions.terminating);
  if (endpoint.target_ref) builder.add(known.slice_target_kind, endpoint.target_ref->kind);
  if (endpoint.node_name) builder.add(known.slice_node_name, *endpoint.node_name);
  if (endpoint.zone) builder.add(known.slice_zone, *endpoint.zone);
  for (const auto& [key, value] : endpoint.deprecated_topology) {
    const std::string name = sanitize_label_name(key);
    builder.add("__meta_kubernetes_endpointslice_endpoint_topology_" + name, value);
    builder.add("__meta_kubernetes_endpointslice_endpoint_topology_present_" + name, "true");
  }
  const LabelBlockPtr shared = cache.share(builder.build());
  if (endpoint.hostname) builder.add(known.slice_hostname, *endpoint.hostname);
  if (endpoint.target_ref) builder.add(known.slice_target_name, endpoint.target_ref->name);
  return builder.build(std::span(&shared, 1));
}

void add_slice_endpoint(const kube::SliceEndpoint& endpoint, std::string_view ns, BlockCache& cache,
                        std::vector<EndpointAddress>& out) {
  const LabelBlockPtr labels = slice_endpoint_labels(endpoint, cache);
  for (const std::string_view ip : endpoint.addresses) {
    EndpointAddress& address = out.emplace_back();
    address.labels = labels;
    address.ip = ip;
    address.has_node_name = endpoint.node_name.has_value();
    set_target(address, endpoint.target_ref, ns);
  }
}

EndpointPort slice_port(const kube::SlicePort& object, BlockCache& cache) {
  const LabelNames& known = names();
  LabelBlockBuilder builder;
  if (object.name) builder.add(known.slice_port_name, *object.name);
  if (object.protocol) builder.add(known.slice_port_protocol, *object.protocol);
  if (object.port) builder.add(known.slice_port, unsigned_port(*object.port));
  if (object.app_protocol) builder.add(known.slice_port_app_protocol, *object.app_protocol);
  return {cache.share(builder.build()), object.port};
}

EndpointPort endpoints_port(const kube::EndpointPort& object, BlockCache& cache) {
  LabelBlockBuilder builder;
  builder.add(names().endpoint_port_name, object.name);
  builder.add(names().endpoint_port_protocol, object.protocol);
  return {cache.share(builder.build()), object.port};
}

}  // namespace

RecordPtr<EndpointsRecord> make_record(const kube::Endpoints& endpoints, BlockCache& cache) {
  const auto record = new_record<EndpointsRecord>(endpoints.metadata);
  LabelBlockBuilder builder;
  add_metadata(builder, "endpoints", endpoints.metadata);
  record->labels = builder.build();
  record->service_key = slashed(endpoints.metadata.namespace_, endpoints.metadata.name);
  record->subsets.reserve(endpoints.subsets.size());
  for (const kube::EndpointSubset& object : endpoints.subsets) {
    EndpointSubset& subset = record->subsets.emplace_back();
    subset.addresses.reserve(object.addresses.size() + object.not_ready_addresses.size());
    add_addresses(object.addresses, true, record->ns(), subset.addresses);
    add_addresses(object.not_ready_addresses, false, record->ns(), subset.addresses);
    subset.ports.reserve(object.ports.size());
    for (const kube::EndpointPort& port : object.ports) {
      subset.ports.push_back(endpoints_port(port, cache));
    }
  }
  return record;
}

RecordPtr<EndpointsRecord> make_record(const kube::EndpointSlice& slice, BlockCache& cache) {
  const auto record = new_record<EndpointsRecord>(slice.metadata);
  record->is_slice = true;
  record->address_type = slice.address_type;
  LabelBlockBuilder builder;
  builder.add(names().slice_address_type, slice.address_type);
  add_metadata(builder, "endpointslice", slice.metadata);
  record->labels = builder.build();
  for (const auto& [key, value] : slice.metadata.labels) {
    if (key == kServiceNameLabel) record->service_key = slashed(slice.metadata.namespace_, value);
  }
  EndpointSubset& subset = record->subsets.emplace_back();
  subset.addresses.reserve(slice.endpoints.size());
  for (const kube::SliceEndpoint& endpoint : slice.endpoints) {
    add_slice_endpoint(endpoint, record->ns(), cache, subset.addresses);
  }
  subset.ports.reserve(slice.ports.size());
  for (const kube::SlicePort& port : slice.ports) subset.ports.push_back(slice_port(port, cache));
  return record;
}

}  // namespace kubevitals::discovery::kubernetes
