// The labels that one object gets from another.
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

void attach_pod(const PodRecord& pod, const Neighbours& around, LabelParts& parts) {
  const LabelNames& known = names();
  parts.attach(pod.labels);
  if (around.replica_sets != nullptr && around.attach.deployment) {
    const std::string key = pod.controller_key("ReplicaSet");
    const OwnedRecord* replica_set = key.empty() ? nullptr : around.replica_sets->find(key);
    if (replica_set != nullptr && !replica_set->owner.empty()) {
      parts.own.add(known.pod_deployment_name, replica_set->owner);
    }
  }
  if (!around.attach.job && !around.attach.cronjob) return;
  const std::string key = pod.controller_key("Job");
  if (key.empty()) return;
  // The reference is enough for the job's name.
  if (around.attach.job) parts.own.add(known.pod_job_name, value_of(pod.labels, known.pod_controller_name));
  const OwnedRecord* job = around.jobs != nullptr ? around.jobs->find(key) : nullptr;
  if (around.attach.cronjob && job != nullptr && !job->owner.empty()) {
    parts.own.add(known.pod_cronjob_name, job->owner);
  }
}

void attach_node(std::string_view name, const Neighbours& around, LabelParts& parts) {
  const NodeRecord* node = around.nodes != nullptr ? around.nodes->find(name) : nullptr;
  if (node != nullptr) parts.attach(node->labels);
}

void attach_namespace(std::string_view name, const Neighbours& around, LabelParts& parts) {
  const NamespaceRecord* ns = around.namespaces != nullptr ? around.namespaces->find(name) : nullptr;
  if (ns != nullptr) parts.attach(ns->labels);
}

std::string_view attached_node(const EndpointsRecord& endpoints, const EndpointAddress& address) {
  const bool slice = endpoints.is_slice;
  const LabelName node_name = slice ? names().slice_node_name : names().endpoint_node_name;
  const bool to_node = address.kind == TargetKind::kNode;
  if (to_node && (slice || !address.has_node_name)) return endpoints.target_name(address);
  return value_of(address.labels, node_name);
}

}  // namespace kubevitals::discovery::kubernetes
