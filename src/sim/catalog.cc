#include "sim/catalog.h"

#include <fmt/format.h>

#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

std::string no_namespace(const Layout&, const Version&) {
  return {};
}
std::string workload_namespace(const Layout& layout, const Version& version) {
  return layout.workload_namespace(version.subject);
}
std::string namespace_name(const Layout& layout, const Version& version) {
  return layout.namespace_name(version.subject);
}
std::string node_name(const Layout& layout, const Version& version) {
  return layout.node_name(version.subject);
}
std::string pod_name(const Layout& layout, const Version& version) {
  return layout.pod_name(version.subject, version.ordinal, version.incarnation, version.revision);
}
std::string workload_name(const Layout& layout, const Version& version) {
  return layout.workload_name(version.subject);
}
std::string replica_set_name(const Layout& layout, const Version& version) {
  return layout.replica_set_name(version.subject, version.revision);
}
std::string slice_name(const Layout& layout, const Version& version) {
  return layout.workload_name(version.subject) + "-" +
         name_suffix(hash_of(layout.seed(), version.subject, version.ordinal), 5);
}
std::string claim_name(const Layout& layout, const Version& version) {
  return fmt::format("data-{}-{}", layout.workload_name(version.subject), version.ordinal);
}

using Type = kube::ResourceType;

// Only stored: {group, version, plural, kind, namespaced}, singular, short names, scale, status.
std::vector<Resource> make_catalog() {
  const bool yes = true, no = false;
  std::vector<Resource> rows = {
      {{kube::kNamespaces, "namespace", {"ns"}, no, yes}, namespace_name, no_namespace, make_namespace},
      {{kube::kNodes, "node", {"no"}, no, yes}, node_name, no_namespace, make_node},
      {{kube::kPods, "pod", {"po"}, no, yes}, pod_name, workload_namespace, make_pod},
      {{kube::kDeployments, "deployment", {"deploy"}, yes, yes},
       workload_name,
       workload_namespace,
       make_deployment},
      {{kube::kReplicaSets, "replicaset", {"rs"}, yes, yes},
       replica_set_name,
       workload_namespace,
       make_replica_set},
      {{Type{"apps", "v1", "statefulsets", "StatefulSet", true}, "statefulset", {"sts"}, yes, yes},
       workload_name,
       workload_namespace,
       make_stateful_set},
      {{Type{"apps", "v1", "daemonsets", "DaemonSet", true}, "daemonset", {"ds"}, no, yes},
       workload_name,
       workload_namespace,
       make_daemon_set},
      {{Type{"batch", "v1", "jobs", "Job", true}, "job", {}, no, yes},
       workload_name,
       workload_namespace,
       make_job},
      {{kube::kServices, "service", {"svc"}, no, yes}, workload_name, workload_namespace, make_service},
      {{Type{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true}, "endpointslice", {}, no, no},
       slice_name,
       workload_namespace,
       make_endpoint_slice},
      {{Type{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true},
        "persistentvolumeclaim",
        {"pvc"},
        no,
        yes},
       claim_name,
       workload_namespace,
       make_claim},
  };
  const std::vector<ApiResource> stored = {
      {Type{"", "v1", "configmaps", "ConfigMap", true}, "configmap", {"cm"}, no, no},
      {Type{"", "v1", "endpoints", "Endpoints", true}, "endpoints", {"ep"}, no, no},
      {Type{"", "v1", "events", "Event", true}, "event", {"ev"}, no, no},
      {Type{"", "v1", "limitranges", "LimitRange", true}, "limitrange", {"limits"}, no, no},
      {Type{"", "v1", "persistentvolumes", "PersistentVolume", false}, "persistentvolume", {"pv"}, no, yes},
      {Type{"", "v1", "replicationcontrollers", "ReplicationController", true},
       "replicationcontroller",
       {"rc"},
       yes,
       yes},
      {Type{"", "v1", "resourcequotas", "ResourceQuota", true}, "resourcequota", {"quota"}, no, yes},
      {Type{"", "v1", "secrets", "Secret", true}, "secret", {}, no, no},
      {Type{"", "v1", "serviceaccounts", "ServiceAccount", true}, "serviceaccount", {"sa"}, no, no},
      {Type{"apps", "v1", "controllerrevisions", "ControllerRevision", true},
       "controllerrevision",
       {},
       no,
       no},
      {Type{"batch", "v1", "cronjobs", "CronJob", true}, "cronjob", {"cj"}, no, yes},
      {Type{"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true},
       "horizontalpodautoscaler",
       {"hpa"},
       no,
       yes},
      {Type{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true},
       "poddisruptionbudget",
       {"pdb"},
       no,
       yes},
      {Type{"networking.k8s.io", "v1", "ingresses", "Ingress", true}, "ingress", {"ing"}, no, yes},
      {Type{"networking.k8s.io", "v1", "ingressclasses", "IngressClass", false}, "ingressclass", {}, no, no},
      {Type{"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true},
       "networkpolicy",
       {"netpol"},
       no,
       no},
      {Type{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false}, "storageclass", {"sc"}, no, no},
      {Type{"storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false},
       "volumeattachment",
       {},
       no,
       yes},
      {Type{"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false},
       "priorityclass",
       {"pc"},
       no,
       no},
      {Type{"coordination.k8s.io", "v1", "leases", "Lease", true}, "lease", {}, no, no},
      {Type{"certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", false},
       "certificatesigningrequest",
       {"csr"},
       no,
       yes},
      {Type{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
            "MutatingWebhookConfiguration", false},
       "mutatingwebhookconfiguration",
       {},
       no,
       no},
      {Type{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
            "ValidatingWebhookConfiguration", false},
       "validatingwebhookconfiguration",
       {},
       no,
       no},
      {Type{"rbac.authorization.k8s.io", "v1", "roles", "Role", true}, "role", {}, no, no},
      {Type{"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true},
       "rolebinding",
       {},
       no,
       no},
      {Type{"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false},
       "clusterrole",
       {},
       no,
       no},
      {Type{"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false},
       "clusterrolebinding",
       {},
       no,
       no},
      {Type{"apiregistration.k8s.io", "v1", "apiservices", "APIService", false}, "apiservice", {}, no, yes},
  };
  for (const ApiResource& api : stored) rows.push_back({api});
  return rows;
}

const json::object* metadata_of(const Version& version) {
  const json::value* metadata = version.stored->document.if_contains("metadata");
  return metadata != nullptr ? metadata->if_object() : nullptr;
}

std::string stored_text(const Version& version, std::string_view key) {
  const json::object* metadata = metadata_of(version);
  const json::value* value = metadata != nullptr ? metadata->if_contains(key) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

const std::vector<Resource>& catalog() {
  static const std::vector<Resource> rows = make_catalog();
  return rows;
}

std::optional<unsigned> find_resource(std::string_view group, std::string_view version,
                                      std::string_view plural) {
  const std::vector<Resource>& rows = catalog();
  for (unsigned i = 0; i < rows.size(); ++i) {
    const kube::ResourceType& type = rows[i].type();
    if (type.plural == plural && type.group == group && type.version == version) return i;
  }
  return std::nullopt;
}

std::optional<unsigned> find_kind(std::string_view api_version, std::string_view kind) {
  const std::vector<Resource>& rows = catalog();
  for (unsigned i = 0; i < rows.size(); ++i) {
    if (rows[i].type().kind == kind && rows[i].type().api_version() == api_version) return i;
  }
  return std::nullopt;
}

std::string name_of(const Layout& layout, unsigned resource, const Version& version) {
  return version.has_document() ? stored_text(version, "name") : catalog()[resource].name(layout, version);
}

std::string namespace_of(const Layout& layout, unsigned resource, const Version& version) {
  return version.has_document() ? stored_text(version, "namespace") : catalog()[resource].ns(layout, version);
}

std::string make_key(std::string_view ns, std::string_view name) {
  return ns.empty() ? std::string(name) : std::string(ns).append("/").append(name);
}

std::string key_of(const Layout& layout, unsigned resource, const Version& version) {
  return make_key(namespace_of(layout, resource, version), name_of(layout, resource, version));
}

std::string uid_of(const Layout& layout, unsigned resource, const Version& version) {
  if (version.has_document()) return stored_text(version, "uid");
  const std::uint32_t revision = identity_revision(resource, version.revision);
  return make_uid(
      identity_of(layout, resource, version.subject, version.ordinal, version.incarnation, revision));
}

json::object render(const Layout& layout, unsigned resource, const Version& version,
                    const json::storage_ptr& storage) {
  json::object object = version.has_document() ? json::object(version.stored->document, storage)
                                               : catalog()[resource].render(layout, version, storage);
  json::value& metadata = object["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  metadata.get_object()["resourceVersion"] = std::to_string(version.rv);
  return object;
}

}  // namespace kubevitals::sim
