#include "discovery/kubernetes/records.h"

#include <algorithm>

namespace kubevitals::discovery::kubernetes {
namespace {

bool all_equal(const std::vector<LabelBlockPtr>& a, const std::vector<LabelBlockPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LabelBlockPtr& x, const LabelBlockPtr& y) { return equal(x, y); });
}

bool same_port(const PodPort& a, const PodPort& b) {
  return a.number == b.number && a.container == b.container && a.has_number == b.has_number &&
         equal(a.labels, b.labels) && equal(a.id, b.id);
}

bool same_namespace(const EndpointAddress& a, const EndpointAddress& b) {
  if (!a.foreign_namespace || !b.foreign_namespace) return !a.foreign_namespace && !b.foreign_namespace;
  return *a.foreign_namespace == *b.foreign_namespace;
}

bool same_address(const EndpointAddress& a, const EndpointAddress& b) {
  return a.ip == b.ip && same_namespace(a, b) && a.kind == b.kind && a.ready == b.ready &&
         a.has_node_name == b.has_node_name && equal(a.labels, b.labels);
}

bool same_subset(const EndpointSubset& a, const EndpointSubset& b) {
  const auto same_number = [](const EndpointPort& x, const EndpointPort& y) {
    return x.number == y.number && equal(x.labels, y.labels);
  };
  return std::equal(a.addresses.begin(), a.addresses.end(), b.addresses.begin(), b.addresses.end(),
                    same_address) &&
         std::equal(a.ports.begin(), a.ports.end(), b.ports.begin(), b.ports.end(), same_number);
}

}  // namespace

std::string key_of(std::string_view ns, std::string_view name) {
  std::string key;
  key.reserve(ns.size() + 1 + name.size());
  if (!ns.empty()) key.append(ns).append("/");
  return key.append(name);
}

std::string PodRecord::controller_key(std::string_view kind) const {
  if (value_of(labels, names().pod_controller_kind) != kind) return {};
  return key_of(ns(), value_of(labels, names().pod_controller_name));
}

bool PodRecord::equals(const PodRecord& other) const {
  return key == other.key && equal(labels, other.labels) &&
         std::equal(ports.begin(), ports.end(), other.ports.begin(), other.ports.end(), same_port);
}

bool ServiceRecord::equals(const ServiceRecord& other) const {
  return key == other.key && primary_family == other.primary_family && equal(labels, other.labels) &&
         all_equal(targets, other.targets);
}

std::string_view EndpointsRecord::target_name(const EndpointAddress& address) const {
  return value_of(address.labels, is_slice ? names().slice_target_name : names().endpoint_target_name);
}

std::string EndpointsRecord::pod_key(const EndpointAddress& address) const {
  return std::string(address.foreign_namespace ? *address.foreign_namespace : ns())
      .append("/")
      .append(target_name(address));
}

bool EndpointsRecord::equals(const EndpointsRecord& other) const {
  return key == other.key && service_key == other.service_key && address_type == other.address_type &&
         equal(labels, other.labels) &&
         std::equal(subsets.begin(), subsets.end(), other.subsets.begin(), other.subsets.end(), same_subset);
}

bool IngressRecord::equals(const IngressRecord& other) const {
  return key == other.key && equal(labels, other.labels) && all_equal(targets, other.targets);
}

bool NodeRecord::equals(const NodeRecord& other) const {
  return key == other.key && equal(labels, other.labels) && equal(state, other.state) &&
         equal(target, other.target);
}

bool NamespaceRecord::equals(const NamespaceRecord& other) const {
  return key == other.key && equal(labels, other.labels);
}

bool OwnedRecord::equals(const OwnedRecord& other) const {
  return key == other.key && owner == other.owner;
}

}  // namespace kubevitals::discovery::kubernetes
