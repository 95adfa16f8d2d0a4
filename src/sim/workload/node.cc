#include <fmt/format.h>

#include <algorithm>

#include "sim/kind.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kNodeSalt = 31;

json::object condition(const Layout& layout, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, std::int32_t heartbeat,
                       std::int32_t transition, const json::storage_ptr& storage) {
  return json::object({{"type", type},
                       {"status", status},
                       {"lastHeartbeatTime", layout.time(heartbeat)},
                       {"lastTransitionTime", layout.time(transition)},
                       {"reason", reason},
                       {"message", message}},
                      storage);
}

json::array conditions(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  struct Row {
    std::string_view type, reason, message;
  };
  constexpr Row kPressures[] = {
      {"MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
      {"DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
      {"PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"}};
  const bool lost = version.state == State::kNotReady;
  const std::int32_t heartbeat = std::max(version.changed, version.created);
  const std::int32_t transition = lost ? version.changed : version.created;
  json::array list(storage);
  list.reserve(4);
  for (const Row& row : kPressures) {
    list.emplace_back(condition(
        layout, row.type, lost ? "Unknown" : "False", lost ? "NodeStatusUnknown" : row.reason,
        lost ? "Kubelet stopped posting node status." : row.message, heartbeat, transition, storage));
  }
  list.emplace_back(
      condition(layout, "Ready", lost ? "Unknown" : "True", lost ? "NodeStatusUnknown" : "KubeletReady",
                lost ? "Kubelet stopped posting node status." : "kubelet is posting ready status", heartbeat,
                transition, storage));
  return list;
}

json::object node_info(std::uint64_t hash, const json::storage_ptr& storage) {
  const std::string machine = hex_digits(hash, 32);
  return json::object({{"machineID", machine},
                       {"systemUUID", make_uid(mix(hash))},
                       {"bootID", make_uid(mix(hash + 1))},
                       {"kernelVersion", "6.1.0-18-amd64"},
                       {"osImage", "Debian GNU/Linux 12 (bookworm)"},
                       {"containerRuntimeVersion", "containerd://1.7.27"},
                       {"kubeletVersion", hash % 8 == 0 ? "v1.34.4" : "v1.35.0"},
                       {"kubeProxyVersion", ""},
                       {"operatingSystem", "linux"},
                       {"architecture", hash % 5 == 0 ? "arm64" : "amd64"}},
                      storage);
}

json::array images(const Layout& layout, std::uint64_t hash, const json::storage_ptr& storage) {
  json::array list(storage);
  for (unsigned i = 0; i < 12; ++i) {
    const std::uint64_t pick = hash_of(hash, i);
    const std::string repository = fmt::format(
        "registry.example.com/{}/image-{}",
        layout.namespace_name(static_cast<std::uint32_t>(pick % layout.namespace_count())), pick % 97);
    json::array names(
        {repository + "@sha256:" + hex_digits(pick, 64), fmt::format("{}:v1.{}.0", repository, pick % 10)},
        storage);
    list.emplace_back(
        json::object({{"names", std::move(names)}, {"sizeBytes", 10'000'000 + pick % 400'000'000}}, storage));
  }
  return list;
}

NodeSize size_of(std::uint64_t hash) {
  constexpr int kCores[] = {4, 8, 16, 32};
  const int cores = kCores[hash % 4];
  return {cores, cores * 4LL * 1024 * 1024 - 160'000, 103'000'000};
}

json::object capacity(std::uint64_t hash, bool allocatable, const json::storage_ptr& storage) {
  const auto [cores, memory, disk] = size_of(hash);
  const int reserved = allocatable ? 1 : 0;
  return json::object(
      {{"cpu", allocatable ? fmt::format("{}m", cores * 1000 - 80) : fmt::format("{}", cores)},
       {"ephemeral-storage", fmt::format("{}Ki", disk - reserved * 8'000'000)},
       {"hugepages-1Gi", "0"},
       {"hugepages-2Mi", "0"},
       {"memory", fmt::format("{}Ki", memory - reserved * 102'400)},
       {"pods", "110"}},
      storage);
}

json::object labels(const Layout& layout, std::uint32_t index, std::string_view name, std::uint64_t hash,
                    const json::storage_ptr& storage) {
  const bool master = index < layout.control_plane_count();
  json::object object({{"beta.kubernetes.io/arch", hash % 5 == 0 ? "arm64" : "amd64"},
                       {"beta.kubernetes.io/os", "linux"},
                       {"kubernetes.io/arch", hash % 5 == 0 ? "arm64" : "amd64"},
                       {"kubernetes.io/hostname", name},
                       {"kubernetes.io/os", "linux"},
                       {"node.kubernetes.io/instance-type", fmt::format("m6.{}xlarge", 1 << hash % 4)},
                       {"topology.kubernetes.io/region", "eu-central-1"},
                       {"topology.kubernetes.io/zone", layout.zone(index)}},
                      storage);
  object.emplace(master ? "node-role.kubernetes.io/control-plane" : "node-role.kubernetes.io/worker", "");
  return object;
}

}  // namespace

NodeSize node_size(const Layout& layout, std::uint32_t node) {
  return size_of(hash_of(layout.seed(), kNodeSalt, node));
}

json::object make_node_status(const Layout& layout, const Version& version, std::string_view name,
                              std::string_view address, const json::storage_ptr& storage) {
  const std::uint64_t hash = hash_of(layout.seed(), kNodeSalt, version.subject);
  json::array addresses(storage);
  addresses.emplace_back(json::object({{"type", "InternalIP"}, {"address", address}}, storage));
  addresses.emplace_back(json::object({{"type", "Hostname"}, {"address", name}}, storage));
  return json::object({{"capacity", capacity(hash, false, storage)},
                       {"allocatable", capacity(hash, true, storage)},
                       {"conditions", conditions(layout, version, storage)},
                       {"addresses", std::move(addresses)},
                       {"daemonEndpoints", {{"kubeletEndpoint", {{"Port", layout.kubelet_port()}}}}},
                       {"nodeInfo", node_info(hash, storage)},
                       {"images", images(layout, hash, storage)}},
                      storage);
}

json::object make_node(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint32_t index = version.subject;
  const std::uint64_t hash = hash_of(layout.seed(), kNodeSalt, index);
  const std::string name = layout.node_name(index);
  const std::string range = fmt::format("10.{}.{}.0/24", 128 + (index >> 8 & 127), index & 255);
  json::object spec({{"podCIDR", range},
                     {"podCIDRs", json::array({range}, storage)},
                     {"providerID", fmt::format("sim:///{}/i-{}", layout.zone(index), hex_digits(hash, 17))}},
                    storage);
  json::array taints(storage);
  if (index < layout.control_plane_count()) {
    taints.emplace_back(
        json::object({{"key", "node-role.kubernetes.io/control-plane"}, {"effect", "NoSchedule"}}, storage));
  } else if (hash % 50 == 0) {
    taints.emplace_back(
        json::object({{"key", "dedicated"}, {"value", "batch"}, {"effect", "NoSchedule"}}, storage));
  }
  if (version.state == State::kNotReady) {
    taints.emplace_back(json::object({{"key", "node.kubernetes.io/unreachable"},
                                      {"effect", "NoSchedule"},
                                      {"timeAdded", layout.time(version.changed)}},
                                     storage));
  }
  if (!taints.empty()) spec.emplace("taints", std::move(taints));
  json::object metadata({{"name", name},
                         {"uid", make_uid(identity_of(layout, kNode, index, 0, version.incarnation, 0))},
                         {"creationTimestamp", layout.time(version.created)},
                         {"labels", labels(layout, index, name, hash, storage)},
                         {"annotations",
                          {{"node.alpha.kubernetes.io/ttl", "0"},
                           {"volumes.kubernetes.io/controller-managed-attach-detach", "true"}}}},
                        storage);
  return json::object(
      {{"metadata", std::move(metadata)},
       {"spec", std::move(spec)},
       {"status", make_node_status(layout, version, name, layout.node_address(index), storage)}},
      storage);
}

json::object make_namespace(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::string name = layout.namespace_name(version.subject);
  json::object labels({{"kubernetes.io/metadata.name", name}}, storage);
  if (version.subject >= 2) labels.emplace("pod-security.kubernetes.io/enforce", "baseline");
  return json::object(
      {{"metadata",
        {{"name", name},
         {"uid", make_uid(identity_of(layout, kNamespace, version.subject, 0, version.incarnation, 0))},
         {"creationTimestamp", layout.time(version.created)},
         {"labels", std::move(labels)}}},
       {"spec", {{"finalizers", json::array({"kubernetes"}, storage)}}},
       {"status", {{"phase", "Active"}}}},
      storage);
}

}  // namespace kubevitals::sim
