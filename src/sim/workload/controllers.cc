#include <fmt/format.h>

#include <algorithm>

#include "sim/kind.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

json::object metadata_of(const Layout& layout, const Version& version, unsigned kind, std::string_view name,
                         std::uint64_t generation, json::object labels, const json::storage_ptr& storage) {
  const std::uint32_t revision = identity_revision(kind, version.revision);
  json::object metadata({{"name", name},
                         {"namespace", layout.workload_namespace(version.subject)},
                         {"uid", make_uid(identity_of(layout, kind, version.subject, version.ordinal,
                                                      version.incarnation, revision))},
                         {"generation", generation},
                         {"creationTimestamp", layout.time(version.created)},
                         {"labels", std::move(labels)}},
                        storage);
  if (version.terminating) metadata.emplace("deletionTimestamp", layout.time(version.changed));
  return metadata;
}

json::array owned_by(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  json::array owners(storage);
  owners.emplace_back(
      json::object({{"apiVersion", "apps/v1"},
                    {"kind", "Deployment"},
                    {"name", layout.workload_name(version.subject)},
                    {"uid", make_uid(identity_of(layout, kDeployment, version.subject, 0, 0, 0))},
                    {"controller", true},
                    {"blockOwnerDeletion", true}},
                   storage));
  return owners;
}

json::object condition(const Layout& layout, const Version& version, std::string_view type, bool status,
                       std::string_view reason, std::string_view message, const json::storage_ptr& storage) {
  return json::object({{"type", type},
                       {"status", status ? "True" : "False"},
                       {"lastUpdateTime", layout.time(version.changed)},
                       {"lastTransitionTime", layout.time(version.changed)},
                       {"reason", reason},
                       {"message", message}},
                      storage);
}

json::object deployment_status(const Layout& layout, const Version& version, std::int64_t generation,
                               const json::storage_ptr& storage) {
  json::object status({{"observedGeneration", generation}}, storage);
  const auto add = [&](std::string_view name, std::uint32_t count) {
    if (count != 0) status.emplace(name, count);
  };
  add("replicas", version.restarts);
  add("updatedReplicas", version.updated);
  add("readyReplicas", version.ready);
  add("availableReplicas", version.ready);
  add("unavailableReplicas", version.number > version.ready ? version.number - version.ready : 0);
  json::array conditions(storage);
  const std::uint32_t tolerated = version.number / 4;
  const bool available = version.ready + tolerated >= version.number;
  conditions.emplace_back(condition(
      layout, version, "Available", available,
      available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      storage));
  const bool complete = version.updated >= version.number && version.ready >= version.number;
  conditions.emplace_back(condition(
      layout, version, "Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
      complete ? "The new ReplicaSet has successfully progressed." : "The ReplicaSet is progressing.",
      storage));
  status.emplace("conditions", std::move(conditions));
  return status;
}

}  // namespace

json::object make_controller_status(const Layout& layout, const Version& version, std::string_view kind,
                                    std::int64_t generation, const json::storage_ptr& storage) {
  if (kind == "Deployment") return deployment_status(layout, version, generation, storage);
  if (kind == "DaemonSet") {
    return json::object({{"currentNumberScheduled", version.restarts},
                         {"numberMisscheduled", 0},
                         {"desiredNumberScheduled", version.number},
                         {"numberReady", version.ready},
                         {"observedGeneration", generation},
                         {"updatedNumberScheduled", version.updated},
                         {"numberAvailable", version.ready},
                         {"numberUnavailable", version.number - std::min(version.number, version.ready)}},
                        storage);
  }
  json::object status({{"replicas", version.restarts}}, storage);
  if (kind == "ReplicaSet") {
    if (version.restarts != 0) status.emplace("fullyLabeledReplicas", version.restarts);
    if (version.ready != 0) {
      status.emplace("readyReplicas", version.ready);
      status.emplace("availableReplicas", version.ready);
    }
  } else {
    status.emplace("readyReplicas", version.ready);
    status.emplace("currentReplicas", version.restarts);
    status.emplace("updatedReplicas", version.updated);
    status.emplace("availableReplicas", version.ready);
    status.emplace("collisionCount", 0);
  }
  status.emplace("observedGeneration", generation);
  return status;
}

json::object make_deployment(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const auto generation = static_cast<std::int64_t>(version.revision);
  json::object labels = make_selector_labels(layout, subject, storage);
  json::object metadata = metadata_of(layout, version, kDeployment, layout.workload_name(subject),
                                      version.revision, std::move(labels), storage);
  metadata.emplace(
      "annotations",
      json::object({{"deployment.kubernetes.io/revision", fmt::format("{}", version.revision)}}, storage));
  json::object spec(
      {{"replicas", version.number},
       {"selector", {{"matchLabels", make_selector_labels(layout, subject, storage)}}},
       {"template", make_pod_template(layout, subject, version.revision, storage)},
       {"strategy",
        {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", "25%"}, {"maxSurge", "25%"}}}}},
       {"revisionHistoryLimit", 10},
       {"progressDeadlineSeconds", 600}},
      storage);
  return json::object({{"metadata", std::move(metadata)},
                       {"spec", std::move(spec)},
                       {"status", deployment_status(layout, version, generation, storage)}},
                      storage);
}

json::object make_replica_set(const Layout& layout, const Version& version,
                              const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const std::string hash = layout.template_hash(subject, version.revision);
  json::object labels = make_selector_labels(layout, subject, storage);
  labels.emplace("pod-template-hash", hash);
  json::object selector(labels, storage);
  json::object metadata =
      metadata_of(layout, version, kReplicaSet, layout.replica_set_name(subject, version.revision), 1,
                  std::move(labels), storage);
  metadata.emplace("annotations",
                   json::object({{"deployment.kubernetes.io/desired-replicas",
                                  fmt::format("{}", layout.workload(subject).replicas)},
                                 {"deployment.kubernetes.io/revision", fmt::format("{}", version.revision)}},
                                storage));
  metadata.emplace("ownerReferences", owned_by(layout, version, storage));
  json::object pod = make_pod_template(layout, subject, version.revision, storage);
  pod["metadata"].as_object()["labels"].as_object().emplace("pod-template-hash", hash);
  json::object spec({{"replicas", version.number},
                     {"selector", {{"matchLabels", std::move(selector)}}},
                     {"template", std::move(pod)}},
                    storage);
  return json::object({{"metadata", std::move(metadata)},
                       {"spec", std::move(spec)},
                       {"status", make_controller_status(layout, version, "ReplicaSet", 1, storage)}},
                      storage);
}

json::object make_stateful_set(const Layout& layout, const Version& version,
                               const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const std::string name = layout.workload_name(subject);
  const std::string hash = name + "-" + layout.template_hash(subject, version.revision);
  json::object metadata = metadata_of(layout, version, kStatefulSet, name, version.revision,
                                      make_selector_labels(layout, subject, storage), storage);
  json::array claims(storage);
  claims.emplace_back(json::object({{"apiVersion", "v1"},
                                    {"kind", "PersistentVolumeClaim"},
                                    {"metadata", {{"name", "data"}}},
                                    {"spec",
                                     {{"accessModes", json::array({"ReadWriteOnce"}, storage)},
                                      {"resources", {{"requests", {{"storage", "20Gi"}}}}},
                                      {"storageClassName", "fast"},
                                      {"volumeMode", "Filesystem"}}},
                                    {"status", {{"phase", "Pending"}}}},
                                   storage));
  json::object spec({{"replicas", version.number},
                     {"selector", {{"matchLabels", make_selector_labels(layout, subject, storage)}}},
                     {"template", make_pod_template(layout, subject, version.revision, storage)},
                     {"volumeClaimTemplates", std::move(claims)},
                     {"serviceName", name},
                     {"podManagementPolicy", "OrderedReady"},
                     {"updateStrategy", {{"type", "RollingUpdate"}, {"rollingUpdate", {{"partition", 0}}}}},
                     {"revisionHistoryLimit", 10}},
                    storage);
  json::object status = make_controller_status(layout, version, "StatefulSet", version.revision, storage);
  status.emplace("currentRevision", hash);
  status.emplace("updateRevision", hash);
  return json::object(
      {{"metadata", std::move(metadata)}, {"spec", std::move(spec)}, {"status", std::move(status)}}, storage);
}

json::object make_daemon_set(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  json::object metadata =
      metadata_of(layout, version, kDaemonSet, layout.workload_name(subject), version.revision,
                  make_selector_labels(layout, subject, storage), storage);
  json::object spec(
      {{"selector", {{"matchLabels", make_selector_labels(layout, subject, storage)}}},
       {"template", make_pod_template(layout, subject, version.revision, storage)},
       {"updateStrategy",
        {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", 1}, {"maxSurge", 0}}}}},
       {"revisionHistoryLimit", 10}},
      storage);
  return json::object(
      {{"metadata", std::move(metadata)},
       {"spec", std::move(spec)},
       {"status", make_controller_status(layout, version, "DaemonSet", version.revision, storage)}},
      storage);
}

json::object make_job(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const std::string uid = make_uid(identity_of(layout, kJob, subject, 0, 0, version.revision));
  json::object metadata = metadata_of(layout, version, kJob, layout.workload_name(subject), 1,
                                      make_selector_labels(layout, subject, storage), storage);
  json::object spec({{"parallelism", version.number},
                     {"completions", version.number},
                     {"backoffLimit", 6},
                     {"selector", {{"matchLabels", {{"batch.kubernetes.io/controller-uid", uid}}}}},
                     {"template", make_pod_template(layout, subject, version.revision, storage)},
                     {"completionMode", "NonIndexed"},
                     {"suspend", false}},
                    storage);
  json::object status({{"startTime", layout.time(version.created)}}, storage);
  if (version.state == State::kNormal) {
    status.emplace("active", version.number);
    status.emplace("ready", version.ready);
  } else {
    const bool complete = version.state == State::kSucceeded;
    status.emplace(complete ? "succeeded" : "failed", version.number);
    if (complete) status.emplace("completionTime", layout.time(version.changed));
    json::array conditions(storage);
    conditions.emplace_back(
        json::object({{"type", complete ? "Complete" : "Failed"},
                      {"status", "True"},
                      {"lastProbeTime", layout.time(version.changed)},
                      {"lastTransitionTime", layout.time(version.changed)},
                      {"reason", complete ? "CompletionsReached" : "BackoffLimitExceeded"}},
                     storage));
    status.emplace("conditions", std::move(conditions));
  }
  return json::object(
      {{"metadata", std::move(metadata)}, {"spec", std::move(spec)}, {"status", std::move(status)}}, storage);
}

json::object make_claim(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::string name = fmt::format("data-{}-{}", layout.workload_name(version.subject), version.ordinal);
  json::object metadata = metadata_of(layout, version, kClaim, name, 1,
                                      make_selector_labels(layout, version.subject, storage), storage);
  metadata.erase("generation");
  const std::string volume = "pvc-" + make_uid(identity_of(layout, kClaim, version.subject, version.ordinal,
                                                           version.incarnation, 0));
  return json::object({{"metadata", std::move(metadata)},
                       {"spec",
                        {{"accessModes", json::array({"ReadWriteOnce"}, storage)},
                         {"resources", {{"requests", {{"storage", "20Gi"}}}}},
                         {"volumeName", volume},
                         {"storageClassName", "fast"},
                         {"volumeMode", "Filesystem"}}},
                       {"status",
                        {{"phase", "Bound"},
                         {"accessModes", json::array({"ReadWriteOnce"}, storage)},
                         {"capacity", {{"storage", "20Gi"}}}}}},
                      storage);
}

}  // namespace kubevitals::sim
