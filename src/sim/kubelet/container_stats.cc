// The kubelet's former /stats/container: cAdvisor's info.v1.ContainerInfo, members in its order.
#include "base/rfc3339.h"
#include "sim/kubelet/answers.h"
#include "sim/kubelet/pretty_json.h"
#include "sim/random.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kPauseBytes = 712'704;

// One entry of the answer.
struct Entry {
  std::string name;
  std::int32_t start = 0;
  std::int32_t time = 0;
  Load load;
  const Traffic* traffic = nullptr;
  Disk disk;
  std::uint64_t cpu_shares = 2;
  std::uint64_t memory_limit = ~std::uint64_t{0} >> 1;
  std::string_view image;
  const PodUsage* pod = nullptr;  // containers of pods
  std::string_view container;
};

class ContainerStatsWriter {
 public:
  ContainerStatsWriter(std::string& out, std::int64_t start_time, const ContainerStatsRequest& request,
                       std::uint64_t disk_bytes)
      : json_(out), start_time_(start_time), request_(request), disk_bytes_(disk_bytes) {}

  void write(const NodeUsage& node) {
    json_.open('{');
    Entry root;
    root.name = "/";
    root.start = node.start;
    root.time = node.time;
    root.load = node.load;
    root.traffic = &node.traffic;
    root.disk = node.disk;
    root.cpu_shares = 1024;
    root.memory_limit = node.memory_bytes;
    write(root);
    for (const SystemUsage& system : node.system) {
      Entry entry;
      entry.name = "/" + std::string(system.name);
      entry.start = node.start;
      entry.time = node.time;
      entry.load = system.load;
      write(entry);
    }
    for (const PodUsage& pod : node.pods) write_pod(pod);
    json_.close('}');
  }

 private:
  std::string time(std::int32_t seconds) const { return format_rfc3339(start_time_ + seconds); }

  bool wanted(const std::string& name) const {
    if (name == request_.container) return true;
    if (!request_.subcontainers) return false;
    const std::string prefix = request_.container == "/" ? "/" : request_.container + "/";
    return name.starts_with(prefix);
  }

  void write_pod(const PodUsage& pod) {
    const std::string parent = "/kubepods/" + pod.shape->quality + "/pod" + pod.uid + "/";
    Entry pause;
    pause.name = parent + hex_digits(mix(pod.identity), 64);
    pause.start = pod.start;
    pause.time = pod.time;
    pause.load.memory = pause.load.working_set = kPauseBytes;
    pause.load.rss = kPauseBytes / 2;
    pause.load.cpu_nanos = 20'000'000;
    pause.load.page_faults = 1200;
    pause.traffic = pod.traffic ? &*pod.traffic : nullptr;
    pause.image = "registry.k8s.io/pause:3.10";
    pause.pod = &pod;
    pause.container = "POD";
    write(pause);
    for (const ContainerUsage& usage : pod.containers) {
      const ContainerShape& shape = pod.shape->containers[usage.index];
      Entry entry;
      entry.name = parent + container_id(pod.version, pod.identity, usage.index);
      entry.start = usage.start;
      entry.time = pod.time;
      entry.load = usage.load;
      entry.disk = usage.root;
      entry.cpu_shares = std::max<std::uint64_t>(2, static_cast<std::uint64_t>(shape.cpu_request * 1024));
      if (shape.memory_limit > 0) entry.memory_limit = static_cast<std::uint64_t>(shape.memory_limit);
      entry.image = shape.image;
      entry.pod = &pod;
      entry.container = shape.name;
      write(entry);
    }
  }

  void write(const Entry& entry) {
    if (!wanted(entry.name)) return;
    json_.open(entry.name, '{');
    if (entry.pod != nullptr) {
      json_.member("id", std::string_view(entry.name).substr(entry.name.rfind('/') + 1));
      json_.member("name", entry.name);
      json_.member("namespace", "containerd");
    } else {
      json_.member("name", entry.name);
    }
    write_spec(entry);
    const bool in_time = !request_.start || static_cast<double>(start_time_ + entry.time) >= *request_.start;
    if (in_time) {
      json_.open("stats", '[');
      write_sample(entry);
      json_.close(']');
    }
    json_.close('}');
  }

  void write_spec(const Entry& entry) {
    json_.open("spec", '{');
    json_.member("creation_time", time(entry.start));
    if (entry.pod != nullptr) {
      json_.open("labels", '{');
      json_.member("io.kubernetes.container.name", entry.container);
      json_.member("io.kubernetes.pod.name", entry.pod->name);
      json_.member("io.kubernetes.pod.namespace", entry.pod->ns);
      json_.member("io.kubernetes.pod.uid", entry.pod->uid);
      json_.close('}');
    }
    json_.member("has_cpu", true);
    json_.open("cpu", '{');
    json_.member("limit", entry.cpu_shares);
    json_.member("max_limit", std::uint64_t{0});
    json_.close('}');
    json_.member("has_memory", true);
    json_.open("memory", '{');
    json_.member("limit", entry.memory_limit);
    json_.close('}');
    json_.member("has_network", entry.traffic != nullptr);
    json_.member("has_filesystem", entry.disk.used != 0);
    json_.member("has_diskio", true);
    if (!entry.image.empty()) json_.member("image", entry.image);
    json_.close('}');
  }

  void write_interface(const Traffic& traffic) {
    json_.member("name", "eth0");
    json_.member("rx_bytes", traffic.rx_bytes);
    json_.member("rx_errors", traffic.rx_errors);
    json_.member("tx_bytes", traffic.tx_bytes);
    json_.member("tx_errors", traffic.tx_errors);
  }

  void write_sample(const Entry& entry) {
    json_.open('{');
    json_.member("timestamp", time(entry.time));
    json_.open("cpu", '{');
    json_.open("usage", '{');
    json_.member("total", entry.load.cpu_nanos);
    json_.member("user", entry.load.cpu_nanos / 10 * 7);
    json_.member("system", entry.load.cpu_nanos / 10 * 3);
    json_.close('}');
    json_.member("load_average", entry.load.cpu_rate / 1'000'000);
    json_.close('}');
    json_.open("memory", '{');
    json_.member("usage", entry.load.memory);
    json_.member("cache", entry.load.memory - std::min(entry.load.memory, entry.load.rss));
    json_.member("rss", entry.load.rss);
    json_.member("swap", std::uint64_t{0});
    json_.member("working_set", entry.load.working_set);
    json_.member("failcnt", std::uint64_t{0});
    json_.open("container_data", '{');
    json_.member("pgfault", entry.load.page_faults);
    json_.member("pgmajfault", entry.load.major_faults);
    json_.close('}');
    json_.close('}');
    if (entry.traffic != nullptr) {
      json_.open("network", '{');
      write_interface(*entry.traffic);
      json_.open("interfaces", '[');
      json_.open('{');
      write_interface(*entry.traffic);
      json_.close('}');
      json_.close(']');
      json_.close('}');
    }
    write_disks(entry);
    json_.close('}');
  }

  void write_disks(const Entry& entry) {
    if (entry.disk.used != 0) {
      json_.open("filesystem", '[');
      json_.open('{');
      json_.member("device", "/dev/vda1");
      json_.member("type", "vfs");
      json_.member("capacity", disk_bytes_);
      json_.member("usage", entry.disk.used);
      json_.member("base_usage", entry.disk.used);
      json_.member("available", disk_bytes_ - std::min(disk_bytes_, entry.disk.used));
      json_.member("has_inodes", true);
      json_.member("inodes", kInodes);
      json_.member("inodes_free", kInodes - std::min(kInodes, entry.disk.inodes));
      json_.close('}');
      json_.close(']');
    }
    json_.open("diskio", '{');
    json_.open("io_service_bytes", '[');
    json_.open('{');
    json_.member("device", "/dev/vda");
    json_.member("major", std::uint64_t{254});
    json_.member("minor", std::uint64_t{0});
    json_.open("stats", '{');
    // In step with the faults, which only grow.
    const std::uint64_t read = entry.load.major_faults * 65'536;
    const std::uint64_t written = entry.load.page_faults * 512;
    json_.member("Read", read);
    json_.member("Write", written);
    json_.close('}');
    json_.close('}');
    json_.close(']');
    json_.close('}');
  }

  PrettyJson json_;
  const std::int64_t start_time_;
  const ContainerStatsRequest& request_;
  const std::uint64_t disk_bytes_;
};

}  // namespace

std::string container_stats_text(const NodeUsage& node, std::int64_t start_time,
                                 const ContainerStatsRequest& request) {
  std::string out;
  out.reserve(8192 + node.pods.size() * 6144);
  ContainerStatsWriter(out, start_time, request, node.disk_bytes).write(node);
  return out == "{}" ? std::string() : out;
}

}  // namespace kubevitals::sim
