#include "usage/sources/stats_container/stats_container.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "usage/sources/block_builder.h"
#include "usage/sources/stats_container/container_info.h"

namespace kubevitals::usage {
namespace {

constexpr std::string_view kPauseContainer = "POD";

// What a pod has of its containers together.
constexpr std::array kSummed{Metric::kCpuUsage,         Metric::kCpuLoad,
                             Metric::kMemoryUsage,      Metric::kMemoryRss,
                             Metric::kMemoryCache,      Metric::kMemoryWorkingSet,
                             Metric::kMemoryPageFaults, Metric::kMemoryMajorPageFaults};

// Whose statistics they are; all empty for the node, only `container` for a system container.
struct Owner {
  std::string_view namespace_, pod, container;
  bool operator==(const Owner&) const = default;
};

Owner find_owner(const CadvisorContainer& container) {
  if (container.name == "/") return {};
  Owner owner{container.spec.namespace_, container.spec.pod, container.spec.container};
  // Kubernetes 1.0 had both names in one label, and none for the container.
  if (const std::size_t slash = owner.pod.find('/');
      owner.namespace_.empty() && slash != std::string_view::npos) {
    owner.namespace_ = owner.pod.substr(0, slash);
    owner.pod.remove_prefix(slash + 1);
  }
  constexpr std::string_view kPrefix = "k8s_";
  if (owner.container.empty() && container.name.starts_with(kPrefix)) {
    const std::size_t dot = container.name.find('.');
    if (dot != std::string_view::npos) {
      owner.container = container.name.substr(kPrefix.size(), dot - kPrefix.size());
    }
  }
  if (!owner.container.empty() && !owner.namespace_.empty() && !owner.pod.empty()) return owner;
  return {{}, {}, container.name.substr(container.name.starts_with('/') ? 1 : 0)};
}

struct Report {
  Owner owner;
  CadvisorContainer container;
};

// Those that count: with statistics, and of those with one owner the one that was created last.
std::vector<Report> read_reports(json::Value document) {
  std::vector<Report> reports;
  std::unordered_map<std::string, std::size_t> known;
  json::each_member(document, [&](std::string_view, json::Value member) {
    CadvisorContainer container = read_cadvisor_container(member);
    if (!container.stats) return;
    Report report{find_owner(container), std::move(container)};
    const Owner& owner = report.owner;
    if (owner == Owner{} && report.container.name != "/") return;  // without a name
    std::string key = BlockBuilder::pod_key(owner.namespace_, owner.pod);
    key.append("/").append(owner.container);
    const auto [found, is_new] = known.emplace(std::move(key), reports.size());
    if (is_new) {
      reports.push_back(std::move(report));
    } else if (Report& held = reports[found->second];
               held.container.spec.creation_time <= report.container.spec.creation_time) {
      held = std::move(report);
    }
  });
  return reports;
}

class Filler {
 public:
  explicit Filler(const ParseInput& input) : now_(input.now), builder_(input.node, input.before) {
    builder_.block().classic = true;
  }

  // Node, system containers and pause containers, which make the rows of pods.
  void add_owner(const Report& report);
  // Behind all of those: the containers of pods.
  void add_container(const Report& report);
  NodeBlock finish() { return builder_.finish(); }

 private:
  void put(Table& table, std::uint32_t row, const CadvisorContainer& container, Pool<LabelValues>& labels);
  static void put_labelled(Table& table, std::uint32_t row, const CadvisorContainer& container,
                           Pool<LabelValues>& labels);
  void put_custom(std::uint32_t row, const CadvisorContainer& container);

  const Nanos now_;
  BlockBuilder builder_;
  std::uint32_t pauses_ = 0;  // the pods with a lower row have their own statistics
};

void Filler::add_owner(const Report& report) {
  NodeBlock& block = builder_.block();
  const Owner& owner = report.owner;
  if (owner == Owner{}) {
    put(block.node, block.node.add_row(kNoTime, kNoTime), report.container, builder_.node_labels());
  } else if (owner.pod.empty()) {
    put(block.system, builder_.system_container(owner.container), report.container, builder_.system_labels());
  } else if (owner.container == kPauseContainer) {
    const std::uint32_t row = builder_.pod(owner.namespace_, owner.pod, report.container.spec.uid);
    put(block.pods, row, report.container, builder_.pod_labels());
    pauses_ = row + 1;
  }
}

void Filler::add_container(const Report& report) {
  NodeBlock& block = builder_.block();
  const Owner& owner = report.owner;
  if (owner.pod.empty() || owner.container == kPauseContainer) return;
  const std::uint32_t pod = builder_.pod(owner.namespace_, owner.pod, report.container.spec.uid);
  const std::uint32_t row = builder_.container(pod, owner.container, report.container.spec.image);
  put(block.containers, row, report.container, builder_.container_labels());
  put_custom(row, report.container);
  if (pod >= pauses_) return;
  for (const Metric metric : kSummed) add_value(block.containers, row, block.pods, pod, metric);
}

void Filler::put(Table& table, std::uint32_t row, const CadvisorContainer& container,
                 Pool<LabelValues>& labels) {
  const ContainerSpec& spec = container.spec;
  const ContainerStats& stats = *container.stats;
  table.set_times(row, stats.time, spec.creation_time);
  set_uptime(table, row, now_, spec.creation_time);
  if (spec.has_cpu) {
    table.set_unsigned(Metric::kCpuUsage, row, stats.cpu_usage);
    table.set(Metric::kCpuLoad, row, stats.cpu_load);
  }
  if (spec.has_memory) {
    table.set_unsigned(Metric::kMemoryUsage, row, stats.memory_usage);
    table.set_unsigned(Metric::kMemoryRss, row, stats.memory_rss);
    table.set_unsigned(Metric::kMemoryCache, row, stats.memory_cache);
    table.set_unsigned(Metric::kMemoryWorkingSet, row, stats.memory_working_set);
    table.set_unsigned(Metric::kMemoryPageFaults, row, stats.page_faults);
    table.set_unsigned(Metric::kMemoryMajorPageFaults, row, stats.major_page_faults);
  }
  if (spec.has_network) {
    table.set_unsigned(Metric::kNetworkRx, row, stats.rx);
    table.set_unsigned(Metric::kNetworkRxErrors, row, stats.rx_errors);
    table.set_unsigned(Metric::kNetworkTx, row, stats.tx);
    table.set_unsigned(Metric::kNetworkTxErrors, row, stats.tx_errors);
  }
  put_labelled(table, row, container, labels);
}

void Filler::put_labelled(Table& table, std::uint32_t row, const CadvisorContainer& container,
                          Pool<LabelValues>& labels) {
  std::uint16_t label = kNoNumber;
  const auto add = [&](Metric metric, std::uint64_t value) {
    table.labelled.push_back({row, metric, label, static_cast<Value>(value)});
  };
  const ContainerStats& stats = *container.stats;
  if (container.spec.has_diskio) {
    for (const DiskStats& disk : stats.disks) {
      label = labels.add({disk.device.empty() ? std::to_string(disk.major) + ":" + std::to_string(disk.minor)
                                              : std::string(disk.device)});
      add(Metric::kDiskIoRead, disk.read);
      add(Metric::kDiskIoWrite, disk.write);
    }
  }
  if (container.spec.has_filesystem) {
    for (const FileSystemStats& fs : stats.file_systems) {
      label = labels.add({std::string(fs.device)});
      add(Metric::kFilesystemUsage, fs.usage);
      add(Metric::kFilesystemLimit, fs.capacity);
      add(Metric::kFilesystemAvailable, fs.available);
      if (!fs.has_inodes) continue;
      add(Metric::kFilesystemInodes, fs.inodes);
      add(Metric::kFilesystemInodesFree, fs.inodes_free);
    }
  }
  for (const AcceleratorStats& accelerator : stats.accelerators) {
    label = labels.add(
        {std::string(accelerator.make), std::string(accelerator.model), std::string(accelerator.id)});
    add(Metric::kAcceleratorMemoryTotal, accelerator.memory_total);
    add(Metric::kAcceleratorMemoryUsed, accelerator.memory_used);
    add(Metric::kAcceleratorDutyCycle, accelerator.duty_cycle);
  }
}

void Filler::put_custom(std::uint32_t row, const CadvisorContainer& container) {
  if (!container.spec.has_custom_metrics) return;
  std::unordered_map<std::string_view, const CustomMetric*> specs;
  for (const CustomMetric& metric : container.spec.custom_metrics) specs[metric.name] = &metric;
  for (const CustomValue& value : container.stats->custom) {
    const auto spec = specs.find(value.name);
    if (spec == specs.end()) continue;
    const CustomMetric& metric = *spec->second;
    if (metric.type != "gauge" && metric.type != "cumulative") continue;
    if (metric.format != "int" && metric.format != "float") continue;
    const bool is_float = metric.format == "float";
    builder_.block().containers.extra.push_back(
        {row, builder_.container_extra().add("custom/" + std::string(metric.name)),
         is_float ? ValueType::kFloat : ValueType::kInt64,
         is_float ? from_float(value.float_value) : value.int_value,
         metric.type == "gauge" ? MetricType::kGauge : MetricType::kCumulative});
  }
}

// A time in RFC 3339 with nanoseconds.
std::string format_time(Nanos time) {
  constexpr Nanos kSecond = 1'000'000'000;
  Nanos seconds = time / kSecond;
  Nanos nanos = time % kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  std::string text = format_rfc3339(seconds);
  text.pop_back();
  const std::string digits = std::to_string(kSecond + nanos);
  return text.append(".").append(digits, 1).append("Z");
}

}  // namespace

Result<NodeBlock> parse_stats_container(const ParseInput& input) {
  Filler filler(input);
  const Result<void> read = json::read_document(input.body, [&filler](json::Value document) {
    const std::vector<Report> reports = read_reports(document);
    for (const Report& report : reports) filler.add_owner(report);
    for (const Report& report : reports) filler.add_container(report);
  });
  if (!read) return read.error();
  NodeBlock block = filler.finish();
  if (block.node.rows() == 0 && block.system.rows() == 0 && block.pods.rows() == 0) {
    return Error{ErrorCode::kInvalid, "no statistics of containers in the answer"};
  }
  return block;
}

std::string stats_container_request(Nanos start, Nanos end) {
  return R"({"containerName":"/","num_stats":1,"start":")" + format_time(start) + R"(","end":")" +
         format_time(end) + R"(","subcontainers":true})";
}

}  // namespace kubevitals::usage
