#include "discovery/kubernetes/references.h"

#include <algorithm>

namespace kubevitals::discovery::kubernetes {
namespace {

void keep_unique(std::vector<Reference>& references) {
  std::sort(references.begin(), references.end());
  references.erase(std::unique(references.begin(), references.end()), references.end());
}

void add_namespace(std::string_view ns, const AttachOptions& attach, std::vector<Reference>& out) {
  if (attach.namespace_) out.push_back(reference_to(ReferredKind::kNamespace, ns));
}

template <typename R>
std::vector<Reference> namespace_only(const R& record, const AttachOptions& attach) {
  std::vector<Reference> references;
  add_namespace(record.ns(), attach, references);
  return references;
}

void add_address(const EndpointsRecord& endpoints, const EndpointAddress& address,
                 const AttachOptions& attach, std::vector<Reference>& out) {
  const bool slice = endpoints.is_slice;
  if (address.kind == TargetKind::kPod && !slice) {
    out.push_back(reference_to(ReferredKind::kPod, endpoints.pod_key(address)));
  }
  if (!attach.node) return;
  if (address.kind == TargetKind::kNode) {
    out.push_back(reference_to(ReferredKind::kNode, endpoints.target_name(address)));
  } else if (address.kind == TargetKind::kPod && address.has_node_name) {
    const LabelName node_name = slice ? names().slice_node_name : names().endpoint_node_name;
    out.push_back(reference_to(ReferredKind::kNode, value_of(address.labels, node_name)));
  }
}

}  // namespace

std::vector<Reference> references_of(const PodRecord& pod, const AttachOptions& attach) {
  std::vector<Reference> references;
  add_namespace(pod.ns(), attach, references);
  if (attach.node) references.push_back(reference_to(ReferredKind::kNode, pod.node()));
  if (attach.deployment) {
    const std::string key = pod.controller_key("ReplicaSet");
    if (!key.empty()) references.push_back(reference_to(ReferredKind::kReplicaSet, key));
  }
  if (attach.job || attach.cronjob) {
    const std::string key = pod.controller_key("Job");
    if (!key.empty()) references.push_back(reference_to(ReferredKind::kJob, key));
  }
  keep_unique(references);
  return references;
}

std::vector<Reference> references_of(const EndpointsRecord& endpoints, const AttachOptions& attach) {
  std::vector<Reference> references;
  add_namespace(endpoints.ns(), attach, references);
  if (!endpoints.service_key.empty()) {
    references.push_back(reference_to(ReferredKind::kService, endpoints.service_key));
  }
  for (const EndpointSubset& subset : endpoints.subsets) {
    for (const EndpointAddress& address : subset.addresses) {
      if (address.ready) add_address(endpoints, address, attach, references);
    }
  }
  keep_unique(references);
  return references;
}

std::vector<Reference> references_of(const ServiceRecord& service, const AttachOptions& attach) {
  return namespace_only(service, attach);
}

std::vector<Reference> references_of(const IngressRecord& ingress, const AttachOptions& attach) {
  return namespace_only(ingress, attach);
}

std::vector<Reference> references_of(const NodeRecord&, const AttachOptions&) {
  return {};
}

void ReferenceIndex::add(const std::vector<Reference>& references, kube::ObjectSlot slot) {
  for (const Reference reference : references) slots_[reference].push_back(slot);
}

void ReferenceIndex::remove(const std::vector<Reference>& references, kube::ObjectSlot slot) {
  for (const Reference reference : references) {
    const auto found = slots_.find(reference);
    if (found == slots_.end()) continue;
    std::vector<kube::ObjectSlot>& slots = found->second;
    const auto place = std::find(slots.begin(), slots.end(), slot);
    if (place == slots.end()) continue;
    *place = slots.back();
    slots.pop_back();
    if (slots.empty()) slots_.erase(found);
  }
}

const std::vector<kube::ObjectSlot>* ReferenceIndex::find(Reference reference) const {
  const auto found = slots_.find(reference);
  return found == slots_.end() ? nullptr : &found->second;
}

}  // namespace kubevitals::discovery::kubernetes
