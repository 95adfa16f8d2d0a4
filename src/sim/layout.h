// The plan of the simulated cluster: which namespaces, nodes and workloads there are, and their names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"

namespace kubevitals::sim {

struct ClusterOptions {
  std::uint32_t pods = 100;
  std::uint32_t nodes = 0;       // 0: one for every 30 pods
  std::uint32_t namespaces = 0;  // 0: one for every 250 pods, at least 5
  std::uint64_t seed = 1;
  // The moment the simulation begins, in seconds since 1970; the cluster was set up 90 days before. All times
  // in objects are relative to it.
  std::int64_t start_time = 1'767'225'600;  // 2026-01-01T00:00:00Z
  // Events kept for each resource: watches and continued lists that need older ones get 410 Gone.
  std::size_t watch_cache = 16'384;
  // Time from creation until the simulated kubelet reports a pod as running, and of a graceful deletion.
  double pod_start_seconds = 1.0;
  double pod_stop_seconds = 0.5;
  // The IPv4 address before that of the first node's kubelet, as a number (SimServer fills it in); 0: there
  // are no kubelets, and the nodes have addresses that nobody listens on.
  std::uint32_t kubelet_network = 0;
  std::uint16_t kubelet_port = 10250;
};

enum class WorkloadKind : std::uint8_t { kDeployment, kStatefulSet, kDaemonSet, kJob };

struct Workload {
  WorkloadKind kind = WorkloadKind::kDeployment;
  std::uint8_t old_revisions = 0;  // Deployments: ReplicaSets of former revisions, kept with 0 replicas
  std::uint16_t ns = 0;
  std::uint32_t number = 0;  // among the workloads of its namespace: names it
  std::uint32_t replicas = 0;
  std::uint32_t first_pod = 0;  // sum of the replicas of the workloads before it
};

// Constant after construction, so thread-safe. All functions are pure.
class Layout {
 public:
  explicit Layout(const ClusterOptions& options);

  std::uint64_t seed() const { return seed_; }
  std::int64_t start_time() const { return start_time_; }
  std::uint32_t node_count() const { return nodes_; }
  std::uint32_t control_plane_count() const { return nodes_ >= 30 ? 3 : nodes_ >= 3 ? 1 : 0; }
  std::uint32_t namespace_count() const { return namespaces_; }
  const std::vector<Workload>& workloads() const { return workloads_; }
  const Workload& workload(std::uint32_t index) const { return workloads_[index]; }

  std::string namespace_name(std::uint32_t index) const;
  std::string node_name(std::uint32_t index) const;
  std::string zone(std::uint32_t node) const;
  std::string workload_name(std::uint32_t index) const;  // e.g. "checkout-api"
  std::string workload_namespace(std::uint32_t index) const;
  // The pod-template-hash of a Deployment's revision, e.g. "6d4cf56db6".
  std::string template_hash(std::uint32_t workload, std::uint32_t revision) const;
  std::string replica_set_name(std::uint32_t workload, std::uint32_t revision) const;
  std::string pod_name(std::uint32_t workload, std::uint32_t ordinal, std::uint32_t incarnation,
                       std::uint32_t revision) const;

  std::string node_address(std::uint32_t node) const;
  std::uint16_t kubelet_port() const { return kubelet_port_; }
  std::string pod_address(std::uint32_t workload, std::uint32_t ordinal, std::uint32_t incarnation) const;
  std::string cluster_address(std::uint32_t workload) const;
  // Where the scheduler puts a pod.
  std::uint32_t node_of(std::uint32_t workload, std::uint32_t ordinal, std::uint32_t incarnation) const;

  // RFC 3339 of a time relative to the start.
  std::string time(std::int32_t seconds) const;

 private:
  void plan_workloads(std::uint32_t pods);
  void add(WorkloadKind kind, std::uint32_t ns, std::uint32_t replicas);
  std::uint32_t team_namespace(std::uint64_t hash) const;

  std::uint64_t seed_;
  std::int64_t start_time_;
  std::uint32_t nodes_;
  std::uint32_t namespaces_;
  std::uint32_t kubelet_network_;
  std::uint16_t kubelet_port_;
  std::vector<Workload> workloads_;
  std::vector<std::uint32_t> in_namespace_;  // workloads of each namespace, while planning
  std::uint32_t planned_pods_ = 0;
};

}  // namespace kubevitals::sim
