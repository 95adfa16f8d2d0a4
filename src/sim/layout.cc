#include "sim/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/rfc3339.h"

namespace kubevitals::sim {
namespace {

constexpr std::array<std::string_view, 40> kTeams = {
    "payments", "search",  "identity",  "platform", "checkout", "catalog", "shipping", "billing",
    "media",    "growth",  "analytics", "mobile",   "web",      "data",    "ml",       "security",
    "network",  "storage", "messaging", "support",  "fraud",    "pricing", "orders",   "inventory",
    "reviews",  "maps",    "ads",       "partners", "legal",    "finance", "people",   "iot",
    "edge",     "video",   "chat",      "docs",     "crm",      "loyalty", "returns",  "logistics"};
constexpr std::array<std::string_view, 29> kDomains = {
    "cart",    "user",   "order",   "session", "invoice", "ledger",  "profile", "quote",  "stock",  "price",
    "feature", "photo",  "thread",  "message", "route",   "address", "coupon",  "refund", "rating", "feed",
    "consent", "device", "account", "audit",   "report",  "event",   "metric",  "tenant", "webhook"};
constexpr std::array<std::string_view, 17> kRoles = {
    "api",   "worker",   "gateway", "frontend",  "backend",  "indexer", "sync",   "exporter", "scheduler",
    "cache", "consumer", "proxy",   "processor", "renderer", "bridge",  "router", "store"};
// Replica counts of Deployments: 4.8 on average, as in clusters with a few big services and many small ones.
constexpr std::array<std::uint32_t, 10> kReplicas = {1, 2, 2, 3, 3, 4, 5, 6, 8, 14};

constexpr std::uint64_t kPlanSalt = 11, kNameSalt = 12, kTemplateSalt = 13, kPodSalt = 14, kPlaceSalt = 15;

}  // namespace

Layout::Layout(const ClusterOptions& options)
    : seed_(options.seed),
      start_time_(options.start_time),
      nodes_(options.nodes != 0 ? options.nodes : std::max(1u, options.pods / 30)),
      namespaces_(options.namespaces != 0 ? std::min(options.namespaces, 60'000u)
                                          : std::clamp(options.pods / 250, 5u, 60'000u)),
      kubelet_network_(options.kubelet_network),
      kubelet_port_(options.kubelet_port),
      in_namespace_(namespaces_) {
  plan_workloads(options.pods);
  in_namespace_ = {};
}

std::uint32_t Layout::team_namespace(std::uint64_t hash) const {
  if (namespaces_ <= 2) return 0;
  const std::uint32_t teams = namespaces_ - 2;
  // Every tenth workload stands in "default"; the smaller of two draws makes some teams bigger than others.
  if (hash % 10 == 0) return 0;
  const auto first = static_cast<std::uint32_t>((hash >> 8) % teams);
  const auto second = static_cast<std::uint32_t>((hash >> 32) % teams);
  return 2 + std::min(first, second);
}

void Layout::add(WorkloadKind kind, std::uint32_t ns, std::uint32_t replicas) {
  const std::uint64_t hash = hash_of(seed_, kPlanSalt, workloads_.size());
  const auto old_revisions = static_cast<std::uint8_t>(kind == WorkloadKind::kDeployment ? hash % 3 : 0);
  workloads_.push_back(
      {kind, old_revisions, static_cast<std::uint16_t>(ns), in_namespace_[ns]++, replicas, planned_pods_});
  planned_pods_ += replicas;
}

void Layout::plan_workloads(std::uint32_t pods) {
  const std::uint32_t system = namespaces_ > 1 ? 1 : 0;
  for (int i = 0; i < 2; ++i) {
    if (planned_pods_ + nodes_ <= pods / 4) add(WorkloadKind::kDaemonSet, system, nodes_);
  }
  const auto fill = [&](WorkloadKind kind, std::uint32_t until, auto replicas) {
    while (planned_pods_ < until) {
      const std::uint64_t hash = hash_of(seed_, kPlanSalt, kind, workloads_.size());
      add(kind, team_namespace(hash), std::min<std::uint32_t>(replicas(hash >> 40), until - planned_pods_));
    }
  };
  // 3 % of the pods belong to Jobs, 8 % to StatefulSets, the rest to Deployments.
  const std::uint32_t rest = pods - planned_pods_;
  fill(WorkloadKind::kJob, planned_pods_ + static_cast<std::uint32_t>(rest * 0.03),
       [](std::uint64_t hash) { return static_cast<std::uint32_t>(1 + hash % 3); });
  fill(WorkloadKind::kStatefulSet, planned_pods_ + static_cast<std::uint32_t>(rest * 0.08),
       [](std::uint64_t hash) { return static_cast<std::uint32_t>(1 + hash % 5); });
  fill(WorkloadKind::kDeployment, pods,
       [](std::uint64_t hash) { return kReplicas[hash % kReplicas.size()]; });
}

std::string Layout::namespace_name(std::uint32_t index) const {
  if (index == 0) return "default";
  if (index == 1) return "kube-system";
  const std::uint32_t team = index - 2;
  std::string name = "team-" + std::string(kTeams[team % kTeams.size()]);
  if (team >= kTeams.size()) name += fmt::format("-{}", team / kTeams.size() + 1);
  return name;
}

std::string Layout::node_name(std::uint32_t index) const {
  const std::uint32_t masters = control_plane_count();
  return index < masters ? fmt::format("control-plane-{}", index + 1)
                         : fmt::format("worker-{:04}", index - masters + 1);
}

std::string Layout::zone(std::uint32_t node) const {
  return fmt::format("eu-central-1{}", "abc"[node % 3]);
}

std::string Layout::workload_name(std::uint32_t index) const {
  const Workload& workload = workloads_[index];
  if (workload.kind == WorkloadKind::kDaemonSet && index < 2)
    return index == 0 ? "node-exporter" : "cni-agent";
  // Within a namespace the numbers walk over all combinations before the first repeats (29 and 17 are prime).
  constexpr std::uint32_t kCombinations = kDomains.size() * kRoles.size();
  const std::uint64_t offset = hash_of(seed_, kNameSalt, workload.ns);
  const auto combination = static_cast<std::uint32_t>((offset + workload.number * 151) % kCombinations);
  std::string name =
      fmt::format("{}-{}", kDomains[combination % kDomains.size()], kRoles[combination % kRoles.size()]);
  if (workload.number >= kCombinations) name += fmt::format("-{}", workload.number / kCombinations + 1);
  return name;
}

std::string Layout::workload_namespace(std::uint32_t index) const {
  return namespace_name(workloads_[index].ns);
}

std::string Layout::template_hash(std::uint32_t workload, std::uint32_t revision) const {
  return name_suffix(hash_of(seed_, kTemplateSalt, workload, revision), 10);
}

std::string Layout::replica_set_name(std::uint32_t workload, std::uint32_t revision) const {
  return workload_name(workload) + "-" + template_hash(workload, revision);
}

std::string Layout::pod_name(std::uint32_t workload, std::uint32_t ordinal, std::uint32_t incarnation,
                             std::uint32_t revision) const {
  const std::string suffix = name_suffix(hash_of(seed_, kPodSalt, workload, ordinal, incarnation), 5);
  switch (workloads_[workload].kind) {
    case WorkloadKind::kDeployment:
      return replica_set_name(workload, revision) + "-" + suffix;
    case WorkloadKind::kStatefulSet:
      return fmt::format("{}-{}", workload_name(workload), ordinal);
    case WorkloadKind::kDaemonSet:
    case WorkloadKind::kJob:
      break;
  }
  return workload_name(workload) + "-" + suffix;
}

std::string Layout::node_address(std::uint32_t node) const {
  if (kubelet_network_ != 0) {
    const std::uint32_t address = kubelet_network_ + node + 1;
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
  }
  return fmt::format("10.{}.{}.{}", (node + 1) >> 16 & 15, (node + 1) >> 8 & 255, (node + 1) & 255);
}

std::string Layout::pod_address(std::uint32_t workload, std::uint32_t ordinal,
                                std::uint32_t incarnation) const {
  // 10.128.0.0/9 has room for 2^23 pods; replacements come from the upper half.
  const std::uint32_t number =
      incarnation == 0 ? workloads_[workload].first_pod + ordinal + 2 : 0x400000 + (incarnation & 0x3fffff);
  return fmt::format("10.{}.{}.{}", 128 + (number >> 16 & 127), number >> 8 & 255, number & 255);
}

std::string Layout::cluster_address(std::uint32_t workload) const {
  const std::uint32_t number =
      workload + 10;  // 10.96.0.0/12; its first addresses are kubernetes' and the DNS'
  return fmt::format("10.{}.{}.{}", 96 + (number >> 16 & 15), number >> 8 & 255, number & 255);
}

std::uint32_t Layout::node_of(std::uint32_t workload, std::uint32_t ordinal,
                              std::uint32_t incarnation) const {
  if (workloads_[workload].kind == WorkloadKind::kDaemonSet) return ordinal;
  const std::uint32_t masters = control_plane_count();
  return masters + static_cast<std::uint32_t>(hash_of(seed_, kPlaceSalt, workload, ordinal, incarnation) %
                                              (nodes_ - masters));
}

std::string Layout::time(std::int32_t seconds) const {
  return format_rfc3339(start_time_ + seconds);
}

}  // namespace kubevitals::sim
