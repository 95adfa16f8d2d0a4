#include "sim/kubelet/node_usage.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "sim/kubelet/wave.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kLoadSalt = 81, kTrafficSalt = 82, kDiskSalt = 83, kSystemSalt = 84;
constexpr double kMi = 1 << 20;
constexpr std::uint64_t kPage = 4096;

std::uint64_t whole(double value) {
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

std::uint64_t pages(double bytes) {
  return whole(bytes) / kPage * kPage;
}

// The newest time of measuring that is not after `until`: every 10 to 15 s, the first soon after the start.
std::optional<std::int32_t> sample_time(std::uint64_t hash, std::int32_t start, double until) {
  const auto period = static_cast<double>(10 + hash % 6);
  const auto phase = static_cast<double>((hash >> 8) % 15);
  const double regular = std::floor((until - phase) / period) * period + phase;
  const double time = std::max(regular, static_cast<double>(start) + 1);
  if (time > until) return std::nullopt;
  return static_cast<std::int32_t>(time);
}

// How a container behaves.
struct Character {
  Wave cpu;             // cores
  Wave memory;          // working set in bytes, warmed up
  double memory_limit;  // bytes
  double page_faults;   // a second
};

Character character_of(const ContainerShape& shape, std::uint64_t identity, unsigned index) {
  const std::uint64_t hash = hash_of(identity, kLoadSalt, index);
  const double cpu = shape.cpu_request > 0 ? shape.cpu_request * spread(mix(hash), 0.05, 0.6)
                                           : spread(mix(hash), 0.003, 0.06);
  const double memory = shape.memory_request > 0 ? shape.memory_request * spread(mix(hash + 1), 0.3, 0.8)
                                                 : spread(mix(hash + 1), 16 * kMi, 160 * kMi);
  const double limit = shape.memory_limit > 0 ? shape.memory_limit : 1e15;
  return {Wave(cpu, hash), Wave(memory, mix(hash + 2)), limit, spread(mix(hash + 3), 2, 60)};
}

Load measure_container(const Character& character, double start, double time) {
  Load load;
  load.cpu_nanos = whole(character.cpu.integral(start, time) * 1e9);
  load.cpu_rate = whole(character.cpu.at(time) * 1e9);
  // It takes some minutes until the caches of a new container are warm.
  const double warmth = 1 - 0.5 * std::exp((start - time) / 90);
  const double working_set = std::min(character.memory.at(time) * warmth, character.memory_limit * 0.97);
  load.working_set = pages(working_set);
  load.rss = pages(working_set * 0.85);
  load.memory = std::min(pages(working_set * 1.25), pages(character.memory_limit));
  load.page_faults = 150 + whole(character.page_faults * (time - start));
  load.major_faults = 1 + whole((time - start) / 1800);
  return load;
}

void add(Load& sum, const Load& part) {
  sum.cpu_nanos += part.cpu_nanos;
  sum.cpu_rate += part.cpu_rate;
  sum.memory += part.memory;
  sum.working_set += part.working_set;
  sum.rss += part.rss;
  sum.page_faults += part.page_faults;
  sum.major_faults += part.major_faults;
}

Wave traffic_of(std::uint64_t identity, bool sent) {
  const std::uint64_t hash = hash_of(identity, kTrafficSalt, sent);
  return Wave(spread(hash, 2e3, 2e5), hash);
}

Disk measure_root(std::uint64_t identity, unsigned index, double age) {
  const std::uint64_t hash = hash_of(identity, kDiskSalt, index);
  return {pages(spread(hash, kMi, 60 * kMi) + age * spread(mix(hash), 1, 50)), 20 + hash % 900};
}

// Logs grow until they are rotated.
Disk measure_logs(std::uint64_t identity, unsigned index, double age) {
  const double rate = spread(hash_of(identity, kDiskSalt, index, 1), 10, 5000);
  return {kPage + pages(std::fmod(age * rate, 10 * kMi)), 1};
}

VolumeUsage measure_volume(VolumeShape shape, std::uint64_t identity, unsigned index, double age) {
  const std::uint64_t hash = hash_of(identity, kDiskSalt, index, 2);
  Disk disk{3 * kPage, 9};
  if (shape.medium == VolumeMedium::kClaim) {
    const double capacity = static_cast<double>(kClaimBytes);
    disk = {std::min(pages(capacity * 0.9), pages(spread(hash, 0.02, 0.6) * capacity + age * 100)),
            100 + hash % 9000};
  } else if (shape.scratch) {
    disk = {pages(Wave(spread(hash, kPage, 40 * kMi), hash).at(age)), 1 + hash % 200};
  }
  return {std::move(shape), disk};
}

void measure_disks(PodUsage& pod, const Layout& layout) {
  const double age = pod.time - pod.start;
  unsigned index = 0;
  const auto add_volume = [&](VolumeShape shape) {
    pod.volumes.push_back(measure_volume(std::move(shape), pod.identity, index++, age));
    const VolumeUsage& volume = pod.volumes.back();
    if (volume.shape.medium != VolumeMedium::kDisk) return;
    pod.ephemeral.used += volume.disk.used;
    pod.ephemeral.inodes += volume.disk.inodes;
  };
  for (const VolumeShape& shape : pod.shape->volumes) add_volume(shape);
  if (pod.version.computed()) {
    // What admission and the StatefulSet's controller add to the template.
    if (layout.workload(pod.version.subject).kind == WorkloadKind::kStatefulSet) {
      add_volume({"data", VolumeMedium::kClaim, false, claim_name_of(pod.name)});
    }
    add_volume({token_volume_name(pod.identity), VolumeMedium::kMemory, false, {}});
  }
  for (const ContainerUsage& container : pod.containers) {
    pod.ephemeral.used += container.root.used + container.logs.used;
    pod.ephemeral.inodes += container.root.inodes + container.logs.inodes;
  }
}

// What the node itself runs: cores and bytes of memory.
struct SystemRow {
  std::string_view name;
  double low_cpu, high_cpu, low_memory, high_memory;
};
constexpr SystemRow kSystem[] = {{"kubelet", 0.03, 0.12, 60 * kMi, 140 * kMi},
                                 {"runtime", 0.02, 0.1, 80 * kMi, 300 * kMi},
                                 {"misc", 0.01, 0.08, 100 * kMi, 500 * kMi},
                                 {"", 0.005, 0.03, 50 * kMi, 120 * kMi}};  // the kernel: in the node's only

Load measure_system(const NodeUsage& node, unsigned row) {
  const SystemRow& system = kSystem[row];
  const std::uint64_t hash = hash_of(node.identity, kSystemSalt, row);
  const Character character{Wave(spread(hash, system.low_cpu, system.high_cpu), hash),
                            Wave(spread(mix(hash), system.low_memory, system.high_memory), mix(hash)), 1e15,
                            spread(mix(hash + 1), 2, 60)};
  return measure_container(character, node.start, node.time);
}

}  // namespace

NodeMeter::NodeMeter(std::shared_ptr<const Cluster> cluster)
    : cluster_(std::move(cluster)), shapes_(cluster_->layout()), states_(cluster_->layout().node_count()) {}

std::optional<PodUsage> NodeMeter::measure_pod(const Version& version, double until, std::int32_t reset) {
  const Layout& layout = cluster_->layout();
  PodUsage pod;
  pod.version = version;
  pod.shape = shapes_.of(version);
  pod.uid = uid_of(layout, kPod, version);
  pod.identity = version.has_document()
                     ? std::hash<std::string_view>()(pod.uid)
                     : identity_of(layout, kPod, version.subject, version.ordinal, version.incarnation, 0);
  pod.start = std::max(version.created, reset);
  const std::optional<std::int32_t> time =
      sample_time(hash_of(layout.seed(), pod.identity), pod.start, until);
  if (!time) return std::nullopt;
  pod.time = *time;
  for (unsigned i = 0; i < pod.shape->containers.size(); ++i) {
    const Character character = character_of(pod.shape->containers[i], pod.identity, i);
    // The pod's counters go on where a container's begin anew; what it holds is what its containers hold.
    const Load all = measure_container(character, pod.start, pod.time);
    pod.load.cpu_nanos += all.cpu_nanos;
    pod.load.cpu_rate += all.cpu_rate;
    pod.load.page_faults += all.page_faults;
    pod.load.major_faults += all.major_faults;
    ContainerUsage container;
    container.index = i;
    container.start = std::max(container_start(version, i), reset);
    if (!container_runs(version, i) || container.start >= pod.time) continue;
    container.load = measure_container(character, container.start, pod.time);
    pod.load.memory += container.load.memory;
    pod.load.working_set += container.load.working_set;
    pod.load.rss += container.load.rss;
    container.root = measure_root(pod.identity, i, pod.time - container.start);
    container.logs = measure_logs(pod.identity, i, pod.time - container.start);
    pod.containers.push_back(container);
  }
  if (pod.containers.empty()) return std::nullopt;
  pod.ns = namespace_of(layout, kPod, version);
  pod.name = name_of(layout, kPod, version);
  if (!pod.shape->host_network) {
    const double age = pod.time - pod.start;
    pod.traffic = Traffic{whole(traffic_of(pod.identity, false).integral(pod.start, pod.time)),
                          whole(traffic_of(pod.identity, true).integral(pod.start, pod.time)),
                          whole(age * 1e-5 * static_cast<double>(pod.identity % 3)),
                          whole(age * 1e-5 * static_cast<double>(pod.identity / 3 % 2))};
  }
  measure_disks(pod, layout);
  return pod;
}

NodeUsage NodeMeter::measure(std::uint32_t node, double until) {
  const Layout& layout = cluster_->layout();
  Cluster::NodeView view = cluster_->node_view(node);
  until = std::min(until, view.now);
  std::int32_t reset = 0;
  {
    const std::lock_guard lock(mutex_);
    reset = states_[node].reset;
  }
  NodeUsage usage;
  usage.name = layout.node_name(node);
  usage.identity = hash_of(layout.seed(), kSystemSalt, node);
  const NodeSize size = node_size(layout, node);
  usage.memory_bytes = static_cast<std::uint64_t>(size.memory_kib) << 10;
  usage.disk_bytes = static_cast<std::uint64_t>(size.disk_kib) << 10;
  usage.start = std::max(view.node ? view.node->created : -86'400, reset);
  // A node that is asked about the time before its start has nothing to say but that.
  usage.time = sample_time(usage.identity, usage.start, until).value_or(usage.start);
  usage.pods.reserve(view.pods.size());
  for (const Version& version : view.pods) {
    std::optional<PodUsage> pod = measure_pod(version, until, reset);
    if (pod) usage.pods.push_back(std::move(*pod));
  }
  const Carried carried = carry(node, usage);
  sum_up(usage, carried);
  return usage;
}

NodeMeter::Carried NodeMeter::carry(std::uint32_t node, const NodeUsage& usage) {
  const std::lock_guard lock(mutex_);
  NodeState& state = states_[node];
  Carried next = state.carried;
  for (const PodUsage& pod : usage.pods) {
    const double begin = std::max<double>(next.time, pod.start);
    if (begin >= usage.time && pod.start >= usage.time) continue;
    for (unsigned i = 0; i < pod.shape->containers.size(); ++i) {
      const Character character = character_of(pod.shape->containers[i], pod.identity, i);
      next.cpu += character.cpu.integral(begin, usage.time);
      next.page_faults += character.page_faults * (usage.time - begin);
    }
    if (pod.shape->host_network) continue;
    next.rx += traffic_of(pod.identity, false).integral(begin, usage.time);
    next.tx += traffic_of(pod.identity, true).integral(begin, usage.time);
  }
  next.time = usage.time;
  if (next.time > state.carried.time) state.carried = next;
  return next;
}

void NodeMeter::sum_up(NodeUsage& usage, const Carried& carried) const {
  Load pods;
  pods.cpu_nanos = whole(carried.cpu * 1e9);
  pods.page_faults = whole(carried.page_faults);
  pods.major_faults = pods.page_faults / 300;
  for (const PodUsage& pod : usage.pods) {
    pods.memory += pod.load.memory;
    pods.working_set += pod.load.working_set;
    pods.rss += pod.load.rss;
    for (unsigned i = 0; i < pod.shape->containers.size(); ++i) {
      const Character character = character_of(pod.shape->containers[i], pod.identity, i);
      pods.cpu_rate += whole(character.cpu.at(usage.time) * 1e9);
    }
    usage.disk.used += pod.ephemeral.used;
    usage.disk.inodes += pod.ephemeral.inodes;
  }
  usage.load = pods;
  for (unsigned row = 0; row < 3; ++row) {
    usage.system[row] = {kSystem[row].name, measure_system(usage, row)};
    add(usage.load, usage.system[row].load);
  }
  usage.system[3] = {"pods", pods};
  add(usage.load, measure_system(usage, 3));
  // Files that nobody works with stay in memory as long as there is room.
  usage.load.memory = std::max(usage.load.memory, pages(static_cast<double>(usage.memory_bytes) * 0.6));
  const Wave rx(3e4, mix(usage.identity + 1));
  const Wave tx(2e4, mix(usage.identity + 2));
  const double age = usage.time - usage.start;
  usage.traffic = {whole(carried.rx + rx.integral(usage.start, usage.time)),
                   whole(carried.tx + tx.integral(usage.start, usage.time)),
                   whole(age * 2e-6 * static_cast<double>(usage.identity % 4)), 0};
  usage.images = {pages(spread(usage.identity, 4e9, 20e9)), 60'000 + usage.identity % 90'000};
  usage.disk.used += usage.images.used + pages(6e9);
  usage.disk.inodes += usage.images.inodes + 180'000;
}

void NodeMeter::reset(std::uint32_t node) {
  const auto now = static_cast<std::int32_t>(cluster_->now());
  const std::lock_guard lock(mutex_);
  states_[node] = {now, {}};
}

}  // namespace kubevitals::sim
