#include <fmt/format.h>

#include "sim/kind.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

struct Owner {
  std::string_view api_version, kind;
  std::string name;
  std::uint64_t identity;
};

Owner owner_of(const Layout& layout, const Version& version) {
  const std::uint32_t subject = version.subject;
  switch (layout.workload(subject).kind) {
    case WorkloadKind::kDeployment:
      return {"apps/v1", "ReplicaSet", layout.replica_set_name(subject, version.revision),
              identity_of(layout, kReplicaSet, subject, 0, 0, version.revision)};
    case WorkloadKind::kStatefulSet:
      return {"apps/v1", "StatefulSet", layout.workload_name(subject),
              identity_of(layout, kStatefulSet, subject, 0, 0, 0)};
    case WorkloadKind::kDaemonSet:
      return {"apps/v1", "DaemonSet", layout.workload_name(subject),
              identity_of(layout, kDaemonSet, subject, 0, 0, 0)};
    case WorkloadKind::kJob:
      break;
  }
  return {"batch/v1", "Job", layout.workload_name(subject),
          identity_of(layout, kJob, subject, 0, 0, version.revision)};
}

void add_owner_labels(json::object& labels, const Layout& layout, const Version& version, const Owner& owner,
                      std::string_view name) {
  switch (layout.workload(version.subject).kind) {
    case WorkloadKind::kDeployment:
      labels.emplace("pod-template-hash", layout.template_hash(version.subject, version.revision));
      break;
    case WorkloadKind::kStatefulSet:
      labels.emplace("apps.kubernetes.io/pod-index", fmt::format("{}", version.ordinal));
      labels.emplace("statefulset.kubernetes.io/pod-name", name);
      [[fallthrough]];
    case WorkloadKind::kDaemonSet:
      labels.emplace("controller-revision-hash", layout.template_hash(version.subject, version.revision));
      break;
    case WorkloadKind::kJob:
      labels.emplace("batch.kubernetes.io/controller-uid", make_uid(owner.identity));
      labels.emplace("batch.kubernetes.io/job-name", owner.name);
      labels.emplace("job-name", owner.name);
      break;
  }
}

// What admission and the scheduler add to a template's spec.
void complete_spec(json::object& spec, const Layout& layout, const Version& version, std::uint64_t identity,
                   std::string_view name, const json::storage_ptr& storage) {
  const std::string token = token_volume_name(identity);
  json::array& volumes = spec["volumes"].as_array();
  if (layout.workload(version.subject).kind == WorkloadKind::kStatefulSet) {
    volumes.emplace_back(json::object(
        {{"name", "data"}, {"persistentVolumeClaim", {{"claimName", claim_name_of(name)}}}}, storage));
  }
  json::array sources(storage);
  sources.emplace_back(
      json::object({{"serviceAccountToken", {{"expirationSeconds", 3607}, {"path", "token"}}}}, storage));
  json::array items(storage);
  items.emplace_back(json::object({{"key", "ca.crt"}, {"path", "ca.crt"}}, storage));
  sources.emplace_back(
      json::object({{"configMap", {{"name", "kube-root-ca.crt"}, {"items", std::move(items)}}}}, storage));
  volumes.emplace_back(json::object(
      {{"name", token}, {"projected", {{"sources", std::move(sources)}, {"defaultMode", 420}}}}, storage));
  for (const char* list : {"initContainers", "containers"}) {
    json::value* containers = spec.if_contains(list);
    if (containers == nullptr) continue;
    for (json::value& container : containers->as_array()) {
      container.as_object()["volumeMounts"].as_array().emplace_back(
          json::object({{"name", token},
                        {"readOnly", true},
                        {"mountPath", "/var/run/secrets/kubernetes.io/serviceaccount"}},
                       storage));
    }
  }
  // From here on the spec grows: references into it end.
  if (layout.workload(version.subject).kind == WorkloadKind::kStatefulSet) {
    spec.emplace("hostname", name);
    spec.emplace("subdomain", layout.workload_name(version.subject));
  }
  if (version.number != kNone) spec.emplace("nodeName", layout.node_name(version.number));
}

}  // namespace

std::string token_volume_name(std::uint64_t identity) {
  return "kube-api-access-" + name_suffix(identity, 5);
}

std::string claim_name_of(std::string_view pod_name) {
  return fmt::format("data-{}", pod_name);
}

json::object make_pod(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint64_t identity =
      identity_of(layout, kPod, version.subject, version.ordinal, version.incarnation, 0);
  const std::string name =
      layout.pod_name(version.subject, version.ordinal, version.incarnation, version.revision);
  const Owner owner = owner_of(layout, version);
  json::object pod = make_pod_template(layout, version.subject, version.revision, storage);
  json::object& metadata = pod["metadata"].as_object();
  metadata.emplace("name", name);
  metadata.emplace("generateName", owner.name + "-");
  metadata.emplace("namespace", layout.workload_namespace(version.subject));
  metadata.emplace("uid", make_uid(identity));
  metadata.emplace("creationTimestamp", layout.time(version.created));
  if (version.terminating) {
    metadata.emplace("deletionTimestamp", layout.time(version.changed + 30));
    metadata.emplace("deletionGracePeriodSeconds", 30);
  }
  add_owner_labels(metadata["labels"].as_object(), layout, version, owner, name);
  json::array owners(storage);
  owners.emplace_back(json::object({{"apiVersion", owner.api_version},
                                    {"kind", owner.kind},
                                    {"name", owner.name},
                                    {"uid", make_uid(owner.identity)},
                                    {"controller", true},
                                    {"blockOwnerDeletion", true}},
                                   storage));
  metadata.emplace("ownerReferences", std::move(owners));

  json::object& spec = pod["spec"].as_object();
  complete_spec(spec, layout, version, identity, name, storage);
  std::string address, host;
  if (version.number != kNone) {
    host = layout.node_address(version.number);
    address = spec.contains("hostNetwork")
                  ? host
                  : layout.pod_address(version.subject, version.ordinal, version.incarnation);
  }
  pod.emplace("status", make_pod_status(layout, version, spec, identity, address, host, storage));
  return pod;
}

}  // namespace kubevitals::sim
