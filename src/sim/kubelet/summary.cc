// The summary API: stats/v1alpha1.Summary of k8s.io/kubelet, members in its order.
#include "base/rfc3339.h"
#include "sim/kubelet/answers.h"
#include "sim/kubelet/pretty_json.h"

namespace kubevitals::sim {
namespace {

// Where a file system ends, and how full it is besides what the entry itself uses.
struct Room {
  std::uint64_t bytes = 0, available = 0, inodes = 0, inodes_free = 0;
};

class SummaryWriter {
 public:
  SummaryWriter(std::string& out, std::int64_t start_time, bool brief)
      : json_(out), start_time_(start_time), brief_(brief) {}

  void write(const NodeUsage& node) {
    disk_ = {node.disk_bytes, node.disk_bytes - std::min(node.disk_bytes, node.disk.used), kInodes,
             kInodes - std::min(kInodes, node.disk.inodes)};
    memory_bytes_ = node.memory_bytes;
    json_.open('{');
    write_node(node);
    json_.open("pods", '[');
    for (const PodUsage& pod : node.pods) write_pod(pod);
    json_.close(']');
    json_.close('}');
  }

 private:
  std::string time(std::int32_t seconds) const { return format_rfc3339(start_time_ + seconds); }

  void write_load(const Load& load, std::uint64_t memory_limit) {
    json_.open("cpu", '{');
    json_.member("time", now_);
    json_.member("usageNanoCores", load.cpu_rate);
    json_.member("usageCoreNanoSeconds", load.cpu_nanos);
    json_.close('}');
    json_.open("memory", '{');
    json_.member("time", now_);
    if (memory_limit != 0) {
      json_.member("availableBytes", memory_limit - std::min(memory_limit, load.working_set));
    }
    json_.member("usageBytes", load.memory);
    json_.member("workingSetBytes", load.working_set);
    json_.member("rssBytes", load.rss);
    json_.member("pageFaults", load.page_faults);
    json_.member("majorPageFaults", load.major_faults);
    json_.close('}');
  }

  void write_interface(const Traffic& traffic) {
    json_.member("name", "eth0");
    json_.member("rxBytes", traffic.rx_bytes);
    json_.member("rxErrors", traffic.rx_errors);
    json_.member("txBytes", traffic.tx_bytes);
    json_.member("txErrors", traffic.tx_errors);
  }

  void write_traffic(const Traffic& traffic) {
    json_.open("network", '{');
    json_.member("time", now_);
    write_interface(traffic);
    json_.open("interfaces", '[');
    json_.open('{');
    write_interface(traffic);
    json_.close('}');
    json_.close(']');
    json_.close('}');
  }

  void write_disk_members(const Disk& disk, const Room& room) {
    json_.member("time", now_);
    json_.member("availableBytes", room.available);
    json_.member("capacityBytes", room.bytes);
    json_.member("usedBytes", disk.used);
    json_.member("inodesFree", room.inodes_free);
    json_.member("inodes", room.inodes);
    json_.member("inodesUsed", disk.inodes);
  }

  void write_disk(std::string_view name, const Disk& disk) {
    json_.open(name, '{');
    write_disk_members(disk, disk_);
    json_.close('}');
  }

  void write_node(const NodeUsage& node) {
    now_ = time(node.time);
    const std::string start = time(node.start);
    json_.open("node", '{');
    json_.member("nodeName", node.name);
    json_.open("systemContainers", '[');
    for (const SystemUsage& system : node.system) {
      json_.open('{');
      json_.member("name", system.name);
      json_.member("startTime", start);
      write_load(system.load, system.name == "pods" ? memory_bytes_ : 0);
      json_.close('}');
    }
    json_.close(']');
    json_.member("startTime", start);
    write_load(node.load, memory_bytes_);
    if (!brief_) {
      write_traffic(node.traffic);
      write_disk("fs", node.disk);
      json_.open("runtime", '{');
      write_disk("imageFs", node.images);
      json_.close('}');
      json_.open("rlimit", '{');
      json_.member("time", now_);
      json_.member("maxpid", std::uint64_t{32'768});
      json_.member("curproc", std::uint64_t{250} + 12 * node.pods.size());
      json_.close('}');
    }
    json_.close('}');
  }

  void write_container(const PodUsage& pod, const ContainerUsage& container) {
    const ContainerShape& shape = pod.shape->containers[container.index];
    json_.open('{');
    json_.member("name", shape.name);
    json_.member("startTime", time(container.start));
    write_load(container.load, static_cast<std::uint64_t>(shape.memory_limit));
    if (!brief_) {
      write_disk("rootfs", container.root);
      write_disk("logs", container.logs);
    }
    json_.close('}');
  }

  void write_volume(const PodUsage& pod, const VolumeUsage& volume) {
    Room room = disk_;
    if (volume.shape.medium == VolumeMedium::kMemory) room = {memory_bytes_, 0, memory_bytes_ / 4096, 0};
    if (volume.shape.medium == VolumeMedium::kClaim) room = {kClaimBytes, 0, kClaimInodes, 0};
    if (volume.shape.medium != VolumeMedium::kDisk) {
      room.available = room.bytes - volume.disk.used;
      room.inodes_free = room.inodes - volume.disk.inodes;
    }
    json_.open('{');
    write_disk_members(volume.disk, room);
    json_.member("name", volume.shape.name);
    if (!volume.shape.claim.empty()) {
      json_.open("pvcRef", '{');
      json_.member("name", volume.shape.claim);
      json_.member("namespace", pod.ns);
      json_.close('}');
    }
    json_.close('}');
  }

  void write_pod(const PodUsage& pod) {
    now_ = time(pod.time);
    json_.open('{');
    json_.open("podRef", '{');
    json_.member("name", pod.name);
    json_.member("namespace", pod.ns);
    json_.member("uid", pod.uid);
    json_.close('}');
    json_.member("startTime", time(pod.start));
    json_.open("containers", '[');
    for (const ContainerUsage& container : pod.containers) write_container(pod, container);
    json_.close(']');
    write_load(pod.load, 0);
    if (!brief_) {
      if (pod.traffic) write_traffic(*pod.traffic);
      if (!pod.volumes.empty()) {
        json_.open("volume", '[');
        for (const VolumeUsage& volume : pod.volumes) write_volume(pod, volume);
        json_.close(']');
      }
      write_disk("ephemeral-storage", pod.ephemeral);
      json_.open("process_stats", '{');
      json_.member("process_count", std::uint64_t{1} + pod.identity % 9 * pod.containers.size());
      json_.close('}');
    }
    json_.close('}');
  }

  PrettyJson json_;
  const std::int64_t start_time_;
  const bool brief_;
  std::string now_;  // the time of what is being written
  Room disk_;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace

std::string summary_text(const NodeUsage& node, std::int64_t start_time, bool only_cpu_and_memory) {
  std::string out;
  out.reserve(4096 + node.pods.size() * (only_cpu_and_memory ? 2048 : 5120));
  SummaryWriter(out, start_time, only_cpu_and_memory).write(node);
  return out;
}

}  // namespace kubevitals::sim
