// What a node, its pods and their containers consume at a moment: what a kubelet has measured.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster.h"
#include "sim/kubelet/pod_shape.h"

namespace kubevitals::sim {

// Of a container, a pod, a part of the system or a node.
struct Load {
  std::uint64_t cpu_nanos = 0;     // nanoseconds of CPU time since the start
  std::uint64_t cpu_rate = 0;      // nanocores
  std::uint64_t memory = 0;        // bytes
  std::uint64_t working_set = 0;   // bytes
  std::uint64_t rss = 0;           // bytes
  std::uint64_t page_faults = 0;   // since the start
  std::uint64_t major_faults = 0;  // the same
};

struct Traffic {
  std::uint64_t rx_bytes = 0, tx_bytes = 0, rx_errors = 0, tx_errors = 0;
};

struct Disk {
  std::uint64_t used = 0;  // bytes
  std::uint64_t inodes = 0;
};

// All times are in seconds since the cluster's start.
struct ContainerUsage {
  unsigned index = 0;  // in the shape's containers
  std::int32_t start = 0;
  Load load;
  Disk root;
  Disk logs;
};

struct VolumeUsage {
  VolumeShape shape;
  Disk disk;
};

struct PodUsage {
  std::string ns, name, uid;
  std::uint64_t identity = 0;
  Version version;
  std::shared_ptr<const PodShape> shape;
  std::int32_t start = 0;
  std::int32_t time = 0;                   // when it and its containers were measured
  std::vector<ContainerUsage> containers;  // those that run
  Load load;
  std::optional<Traffic> traffic;  // not of pods in the node's network
  std::vector<VolumeUsage> volumes;
  Disk ephemeral;
};

struct SystemUsage {
  std::string_view name;
  Load load;
};

struct NodeUsage {
  std::string name;
  std::uint64_t identity = 0;
  std::int32_t start = 0;
  std::int32_t time = 0;
  std::uint64_t memory_bytes = 0;  // what the node has
  std::uint64_t disk_bytes = 0;    // the same
  std::array<SystemUsage, 4> system;
  Load load;  // that of the pods, of the system and a little more
  Traffic traffic;
  Disk disk;    // of the one file system there is
  Disk images;  // the part of it that images take
  std::vector<PodUsage> pods;
};

inline constexpr std::uint64_t kInodes = 13'107'200;       // of a node's file system
inline constexpr std::uint64_t kClaimBytes = 10ULL << 30;  // the size of every claimed volume
inline constexpr std::uint64_t kClaimInodes = 655'360;

// Measures nodes. Everything is a function of (seed, pod, container, time), but for the node's own counters:
// those go on when pods leave, so they are carried from one measurement to the next. Thread-safe.
//
// A pod's CPU time is that of its containers since the pod's start, restarts or not, as its cgroup counts it;
// a container's begins anew when it restarts. A pod's containers are measured at one time, every 10 to 15 s.
class NodeMeter {
 public:
  explicit NodeMeter(std::shared_ptr<const Cluster> cluster);

  // The newest measurement that is not from after `until`, in seconds since the cluster's start.
  NodeUsage measure(std::uint32_t node, double until = std::numeric_limits<double>::infinity());

  // All counters of the node, its pods and their containers begin anew, and with them their starts.
  void reset(std::uint32_t node);

 private:
  // Of the pods that are or were on a node, up to `time`.
  struct Carried {
    double time = -std::numeric_limits<double>::infinity();
    double cpu = 0;  // seconds
    double page_faults = 0;
    double rx = 0, tx = 0;
  };
  struct NodeState {
    std::int32_t reset = std::numeric_limits<std::int32_t>::min();
    Carried carried;
  };

  std::optional<PodUsage> measure_pod(const Version& version, double until, std::int32_t reset);
  Carried carry(std::uint32_t node, const NodeUsage& usage);
  void sum_up(NodeUsage& usage, const Carried& carried) const;

  const std::shared_ptr<const Cluster> cluster_;
  PodShapes shapes_;
  std::mutex mutex_;
  std::vector<NodeState> states_;  // guarded by mutex_
};

}  // namespace kubevitals::sim
