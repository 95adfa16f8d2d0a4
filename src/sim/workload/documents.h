// The documents of computed objects. Each function is pure: the same Version always gives the same document;
// so they may be called from any thread, without a lock. Documents have no apiVersion and kind: the server
// adds them.
#pragma once

#include <string>
#include <string_view>

#include "sim/kind.h"
#include "sim/layout.h"
#include "sim/version.h"

namespace kubevitals::sim {

json::object make_namespace(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_node(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_pod(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_deployment(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_replica_set(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_stateful_set(const Layout& layout, const Version& version,
                               const json::storage_ptr& storage);
json::object make_daemon_set(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_job(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_service(const Layout& layout, const Version& version, const json::storage_ptr& storage);
json::object make_endpoint_slice(const Layout& layout, const Version& version,
                                 const json::storage_ptr& storage);
json::object make_claim(const Layout& layout, const Version& version, const json::storage_ptr& storage);

// The pod template of a workload's revision: {"metadata": {labels, annotations}, "spec": ...}.
json::object make_pod_template(const Layout& layout, std::uint32_t workload, std::uint32_t revision,
                               const json::storage_ptr& storage);

// The labels by which a workload's pods are selected.
json::object make_selector_labels(const Layout& layout, std::uint32_t workload,
                                  const json::storage_ptr& storage);

// What the simulated kubelet reports for a pod of this spec in the version's state; for created pods too.
// `identity` makes container IDs, `address` is the pod's and `host` the node's; empty when it has none.
json::object make_pod_status(const Layout& layout, const Version& version, const json::object& spec,
                             std::uint64_t identity, std::string_view address, std::string_view host,
                             const json::storage_ptr& storage);

// What a node in the version's state reports.
json::object make_node_status(const Layout& layout, const Version& version, std::string_view name,
                              std::string_view address, const json::storage_ptr& storage);

// What a node has, as its capacity shows it.
struct NodeSize {
  int cores = 0;
  std::int64_t memory_kib = 0;
  std::int64_t disk_kib = 0;
};
NodeSize node_size(const Layout& layout, std::uint32_t node);

// Whether the container at this index of a pod's spec runs, and since when, in seconds since the cluster's
// start: what its status says.
bool container_runs(const Version& pod, unsigned index);
std::int32_t container_start(const Version& pod, unsigned index);
// The container's ID without "containerd://"; `identity` as for make_pod_status().
std::string container_id(const Version& pod, std::uint64_t identity, unsigned index);
// "Guaranteed", "Burstable" or "BestEffort".
std::string_view quality_of_service(const json::object& spec);
// The volume with the service account's token that a computed pod has, and the claim that a computed pod of a
// StatefulSet has.
std::string token_volume_name(std::uint64_t identity);
std::string claim_name_of(std::string_view pod_name);

// The status of a controller from its counts; `kind` is "Deployment", "ReplicaSet", "StatefulSet" or
// "DaemonSet".
json::object make_controller_status(const Layout& layout, const Version& version, std::string_view kind,
                                    std::int64_t generation, const json::storage_ptr& storage);

// The UID of a computed object; for `kind` see Kind in catalog.h.
std::uint64_t identity_of(const Layout& layout, unsigned kind, std::uint32_t subject, std::uint32_t ordinal,
                          std::uint32_t incarnation, std::uint32_t revision);

// The part of the revision that identifies an object: ReplicaSets are one for each, Jobs are run again and
// again.
constexpr std::uint32_t identity_revision(unsigned kind, std::uint32_t revision) {
  return kind == kReplicaSet || kind == kJob ? revision : 0;
}

// The time a computed controller or node was created, in seconds since the cluster's start.
std::int32_t workload_created(const Layout& layout, std::uint32_t workload);

}  // namespace kubevitals::sim
