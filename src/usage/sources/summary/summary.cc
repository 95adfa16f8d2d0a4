#include "usage/sources/summary/summary.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "usage/sources/block_builder.h"
#include "usage/sources/json.h"

namespace kubevitals::usage {
namespace {

using json::each_element;
using json::each_member;
using json::text;
using json::unsigned_number;

using Number = std::optional<std::uint64_t>;

struct Cpu {
  Nanos time = kNoTime;
  Number usage;
};

struct Memory {
  Nanos time = kNoTime;
  Number usage, working_set, rss, page_faults, major_page_faults;
};

struct Network {
  Nanos time = kNoTime;
  Number rx, rx_errors, tx, tx_errors;
};

struct FileSystem {
  std::string_view name;  // of a volume
  Number used, capacity, available, inodes, inodes_free;
};

struct Accelerator {
  std::string_view make, model, id;
  std::uint64_t memory_total = 0, memory_used = 0, duty_cycle = 0;
};

struct UserMetric {
  std::string_view name, type;
  double value = 0;
};

struct Container {
  std::string_view name;
  Nanos start_time = kNoTime;
  Cpu cpu;
  Memory memory;
  std::optional<FileSystem> rootfs, logs;
  std::vector<Accelerator> accelerators;
  std::vector<UserMetric> user_metrics;
};

struct Pod {
  std::string_view namespace_, name, uid;
  Nanos start_time = kNoTime;
  Cpu cpu;
  Memory memory;
  Network network;
  std::vector<FileSystem> volumes;
  std::optional<FileSystem> ephemeral_storage;
  std::vector<Container> containers;
};

Cpu read_cpu(json::Value value) {
  Cpu cpu;
  each_member(value, [&cpu](std::string_view key, json::Value member) {
    if (key == "time") cpu.time = json::time(member);
    if (key == "usageCoreNanoSeconds") cpu.usage = unsigned_number(member);
  });
  return cpu;
}

Memory read_memory(json::Value value) {
  Memory memory;
  each_member(value, [&memory](std::string_view key, json::Value member) {
    if (key == "time") memory.time = json::time(member);
    if (key == "usageBytes") memory.usage = unsigned_number(member);
    if (key == "workingSetBytes") memory.working_set = unsigned_number(member);
    if (key == "rssBytes") memory.rss = unsigned_number(member);
    if (key == "pageFaults") memory.page_faults = unsigned_number(member);
    if (key == "majorPageFaults") memory.major_page_faults = unsigned_number(member);
  });
  return memory;
}

Network read_network(json::Value value) {
  Network network;
  each_member(value, [&network](std::string_view key, json::Value member) {
    if (key == "time") network.time = json::time(member);
    if (key == "rxBytes") network.rx = unsigned_number(member);
    if (key == "rxErrors") network.rx_errors = unsigned_number(member);
    if (key == "txBytes") network.tx = unsigned_number(member);
    if (key == "txErrors") network.tx_errors = unsigned_number(member);
  });
  return network;
}

std::optional<FileSystem> read_file_system(json::Value value) {
  if (value.is_null()) return std::nullopt;
  FileSystem fs;
  each_member(value, [&fs](std::string_view key, json::Value member) {
    if (key == "name") fs.name = text(member);
    if (key == "usedBytes") fs.used = unsigned_number(member);
    if (key == "capacityBytes") fs.capacity = unsigned_number(member);
    if (key == "availableBytes") fs.available = unsigned_number(member);
    if (key == "inodes") fs.inodes = unsigned_number(member);
    if (key == "inodesFree") fs.inodes_free = unsigned_number(member);
  });
  return fs;
}

Accelerator read_accelerator(json::Value value) {
  Accelerator accelerator;
  each_member(value, [&accelerator](std::string_view key, json::Value member) {
    if (key == "make") accelerator.make = text(member);
    if (key == "model") accelerator.model = text(member);
    if (key == "id") accelerator.id = text(member);
    if (key == "memoryTotal") accelerator.memory_total = unsigned_number(member).value_or(0);
    if (key == "memoryUsed") accelerator.memory_used = unsigned_number(member).value_or(0);
    if (key == "dutyCycle") accelerator.duty_cycle = unsigned_number(member).value_or(0);
  });
  return accelerator;
}

UserMetric read_user_metric(json::Value value) {
  UserMetric metric;
  each_member(value, [&metric](std::string_view key, json::Value member) {
    if (key == "name") metric.name = text(member);
    if (key == "type") metric.type = text(member);
    if (key == "value") metric.value = json::number(member).value_or(0);
  });
  return metric;
}

Container read_container(json::Value value) {
  Container container;
  each_member(value, [&container](std::string_view key, json::Value member) {
    if (key == "name") container.name = text(member);
    if (key == "startTime") container.start_time = json::time(member);
    if (key == "cpu") container.cpu = read_cpu(member);
    if (key == "memory") container.memory = read_memory(member);
    if (key == "rootfs") container.rootfs = read_file_system(member);
    if (key == "logs") container.logs = read_file_system(member);
    if (key == "accelerators") {
      each_element(member, [&](json::Value one) { container.accelerators.push_back(read_accelerator(one)); });
    }
    if (key == "userDefinedMetrics") {
      each_element(member, [&](json::Value one) { container.user_metrics.push_back(read_user_metric(one)); });
    }
  });
  return container;
}

Pod read_pod(json::Value value) {
  Pod pod;
  each_member(value, [&pod](std::string_view key, json::Value member) {
    if (key == "podRef") {
      each_member(member, [&pod](std::string_view name, json::Value part) {
        if (name == "namespace") pod.namespace_ = text(part);
        if (name == "name") pod.name = text(part);
        if (name == "uid") pod.uid = text(part);
      });
    }
    if (key == "startTime") pod.start_time = json::time(member);
    if (key == "cpu") pod.cpu = read_cpu(member);
    if (key == "memory") pod.memory = read_memory(member);
    if (key == "network") pod.network = read_network(member);
    if (key == "ephemeral-storage") pod.ephemeral_storage = read_file_system(member);
    if (key == "volume") {
      each_element(member, [&](json::Value one) {
        if (std::optional<FileSystem> volume = read_file_system(one)) pod.volumes.push_back(*volume);
      });
    }
    if (key == "containers") {
      each_element(member, [&](json::Value one) { pod.containers.push_back(read_container(one)); });
    }
  });
  return pod;
}

// Of those with the same name the one that started last counts, whole, so that no value of another is left.
template <typename Key, typename T>
void keep_latest(std::unordered_map<Key, const T*>& latest, const Key& key, const T& one) {
  const T*& held = latest[key];
  if (held == nullptr || one.start_time >= held->start_time) held = &one;
}

std::optional<MetricType> metric_type(std::string_view text) {
  for (const MetricType type : {MetricType::kGauge, MetricType::kCumulative, MetricType::kDelta}) {
    if (to_string(type) == text) return type;
  }
  return std::nullopt;
}

// Puts what was read into rows.
class Filler {
 public:
  explicit Filler(const ParseInput& input) : input_(input), builder_(input.node, input.before) {}

  void node(json::Value value);
  void pod(const Pod& pod);
  void pod_container(std::uint32_t pod, const Container& one);
  NodeBlock finish() { return builder_.finish(); }

 private:
  void plain(Table& table, std::uint32_t row, Nanos start_time, const Cpu& cpu, const Memory& memory,
             const Network& network);
  void container(Table& table, std::uint32_t row, const Container& container, Pool<LabelValues>& labels);
  static void file_system(Table& table, std::uint32_t row, Pool<LabelValues>& labels, std::string name,
                          const std::optional<FileSystem>& fs);
  static void put(Table& table, std::uint32_t row, Metric metric, const Number& number) {
    if (number) table.set_unsigned(metric, row, *number);
  }

  const ParseInput& input_;
  BlockBuilder builder_;
};

void Filler::plain(Table& table, std::uint32_t row, Nanos start_time, const Cpu& cpu, const Memory& memory,
                   const Network& network) {
  set_uptime(table, row, input_.now, start_time);
  put(table, row, Metric::kCpuUsage, cpu.usage);
  put(table, row, Metric::kMemoryUsage, memory.usage);
  put(table, row, Metric::kMemoryWorkingSet, memory.working_set);
  put(table, row, Metric::kMemoryRss, memory.rss);
  put(table, row, Metric::kMemoryPageFaults, memory.page_faults);
  put(table, row, Metric::kMemoryMajorPageFaults, memory.major_page_faults);
  put(table, row, Metric::kNetworkRx, network.rx);
  put(table, row, Metric::kNetworkRxErrors, network.rx_errors);
  put(table, row, Metric::kNetworkTx, network.tx);
  put(table, row, Metric::kNetworkTxErrors, network.tx_errors);
}

void Filler::file_system(Table& table, std::uint32_t row, Pool<LabelValues>& labels, std::string name,
                         const std::optional<FileSystem>& fs) {
  if (!fs) return;
  const std::uint16_t label = labels.add({std::move(name)});
  const auto add = [&](Metric metric, const Number& number) {
    if (number) table.labelled.push_back({row, metric, label, static_cast<Value>(*number)});
  };
  add(Metric::kFilesystemUsage, fs->used);
  add(Metric::kFilesystemLimit, fs->capacity);
  add(Metric::kFilesystemAvailable, fs->available);
  add(Metric::kFilesystemInodes, fs->inodes);
  add(Metric::kFilesystemInodesFree, fs->inodes_free);
}

Nanos first_time(Nanos a, Nanos b, Nanos c = kNoTime) {
  return a != kNoTime ? a : b != kNoTime ? b : c;
}

void Filler::container(Table& table, std::uint32_t row, const Container& container,
                       Pool<LabelValues>& labels) {
  table.set_times(row, first_time(container.cpu.time, container.memory.time), container.start_time);
  plain(table, row, container.start_time, container.cpu, container.memory, {});
  for (const Accelerator& accelerator : container.accelerators) {
    const std::uint16_t label = labels.add(
        {std::string(accelerator.make), std::string(accelerator.model), std::string(accelerator.id)});
    const auto add = [&](Metric metric, std::uint64_t number) {
      table.labelled.push_back({row, metric, label, static_cast<Value>(number)});
    };
    add(Metric::kAcceleratorMemoryTotal, accelerator.memory_total);
    add(Metric::kAcceleratorMemoryUsed, accelerator.memory_used);
    add(Metric::kAcceleratorDutyCycle, accelerator.duty_cycle);
  }
  file_system(table, row, labels, "/", container.rootfs);
  file_system(table, row, labels, "logs", container.logs);
  if (container.rootfs && container.logs && container.rootfs->used && container.logs->used) {
    table.set_unsigned(Metric::kEphemeralStorageUsage, row, *container.rootfs->used + *container.logs->used);
  }
}

void Filler::node(json::Value value) {
  NodeBlock& block = builder_.block();
  Nanos start_time = kNoTime;
  Cpu cpu;
  Memory memory;
  Network network;
  std::optional<FileSystem> fs;
  std::vector<Container> system;
  each_member(value, [&](std::string_view key, json::Value member) {
    if (key == "startTime") start_time = json::time(member);
    if (key == "cpu") cpu = read_cpu(member);
    if (key == "memory") memory = read_memory(member);
    if (key == "network") network = read_network(member);
    if (key == "fs") fs = read_file_system(member);
    if (key == "systemContainers") {
      each_element(member, [&](json::Value one) { system.push_back(read_container(one)); });
    }
  });
  if (block.node.rows() == 0) {
    const std::uint32_t row = block.node.add_row(first_time(cpu.time, memory.time, network.time), start_time);
    plain(block.node, row, start_time, cpu, memory, network);
    file_system(block.node, row, builder_.node_labels(), "/", fs);
    if (fs) put(block.node, row, Metric::kEphemeralStorageUsage, fs->used);
  }
  for (const Container& one : system) {
    std::string_view name = one.name;
    if (name == "runtime") name = "docker-daemon";
    if (name == "misc") name = "system";
    const std::size_t before = block.system.rows();
    const std::uint32_t row = builder_.system_container(name);
    if (row == before) container(block.system, row, one, builder_.system_labels());
  }
}

void Filler::pod(const Pod& pod) {
  Table& table = builder_.block().pods;
  const std::uint32_t row = builder_.pod(pod.namespace_, pod.name, pod.uid);
  table.set_times(row, pod.network.time, pod.start_time);
  plain(table, row, pod.start_time, pod.cpu, pod.memory, pod.network);
  if (pod.ephemeral_storage) put(table, row, Metric::kEphemeralStorageUsage, pod.ephemeral_storage->used);
  for (const FileSystem& volume : pod.volumes) {
    file_system(table, row, builder_.pod_labels(), "Volume:" + std::string(volume.name), volume);
  }
  std::unordered_map<std::string_view, const Container*> latest;
  for (const Container& one : pod.containers) keep_latest(latest, one.name, one);
  for (const Container& one : pod.containers) {
    if (latest[one.name] == &one) pod_container(row, one);
  }
}

void Filler::pod_container(std::uint32_t pod, const Container& one) {
  Table& table = builder_.block().containers;
  const std::uint32_t row = builder_.container(pod, one.name, {});
  container(table, row, one, builder_.container_labels());
  for (const UserMetric& metric : one.user_metrics) {
    const std::optional<MetricType> type = metric_type(metric.type);
    if (!type) continue;
    const std::uint16_t name = builder_.container_extra().add("custom/" + std::string(metric.name));
    table.extra.push_back({row, name, ValueType::kFloat, from_float(metric.value), *type});
  }
}

}  // namespace

Result<NodeBlock> parse_summary(const ParseInput& input) {
  Filler filler(input);
  bool has_node = false;
  const auto fill_pods = [&filler](json::Value array) {
    std::vector<Pod> pods;
    each_element(array, [&pods](json::Value one) { pods.push_back(read_pod(one)); });
    std::unordered_map<std::string, const Pod*> latest;
    const auto key = [](const Pod& pod) { return BlockBuilder::pod_key(pod.namespace_, pod.name); };
    for (const Pod& pod : pods) keep_latest(latest, key(pod), pod);
    for (const Pod& pod : pods) {
      if (latest[key(pod)] == &pod) filler.pod(pod);
    }
  };
  const Result<void> read = json::read_document(input.body, [&](json::Value document) {
    each_member(document, [&](std::string_view key, json::Value member) {
      if (key == "node") {
        filler.node(member);
        has_node = true;
      }
      if (key == "pods") fill_pods(member);
    });
  });
  if (!read) return read.error();
  if (!has_node) return Error{ErrorCode::kInvalid, "no member \"node\" in the summary"};
  return filler.finish();
}

}  // namespace kubevitals::usage
