#include "usage/sinks/test_batch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "net/gzip_decoder.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

template <typename T>
std::shared_ptr<const T> share(T value) {
  return std::make_shared<const T>(std::move(value));
}

constexpr Metric kSummaryMetrics[] = {Metric::kUptime,           Metric::kCpuUsage,
                                      Metric::kCpuUsageRate,     Metric::kMemoryUsage,
                                      Metric::kMemoryRss,        Metric::kMemoryWorkingSet,
                                      Metric::kMemoryPageFaults, Metric::kMemoryMajorPageFaults,
                                      Metric::kNetworkRx,        Metric::kNetworkTx,
                                      Metric::kNetworkRxErrors,  Metric::kNetworkTxErrors,
                                      Metric::kCpuRequest,       Metric::kCpuLimit,
                                      Metric::kMemoryRequest,    Metric::kMemoryLimit,
                                      Metric::kRestartCount,     Metric::kEphemeralStorageUsage};

void fill_row(Table& table, std::uint32_t row, std::int64_t seed) {
  for (const Metric metric : kSummaryMetrics) {
    table.set(metric, row, seed * 1000 + static_cast<std::int64_t>(metric));
  }
  table.set(Metric::kNetworkRxRate, row, from_float(static_cast<double>(seed) * 1.25 + 0.1));
  table.set(Metric::kMemoryPageFaultsRate, row, from_float(static_cast<double>(seed) / 7));
}

void label_row(Table& table, std::uint32_t row, std::int64_t seed) {
  for (const Metric metric :
       {Metric::kFilesystemUsage, Metric::kFilesystemLimit, Metric::kFilesystemAvailable,
        Metric::kFilesystemInodes, Metric::kFilesystemInodesFree}) {
    table.labelled.push_back({row, metric, 0, seed + static_cast<std::int64_t>(metric)});
  }
}

// The sets of the incumbent's log, as text.
struct LoggedSet {
  std::string key;
  Nanos scrape = 0;
  Nanos create = 0;
  std::map<std::string, std::string> labels;
  std::vector<std::pair<std::string, std::string>> metrics;
  struct Labelled {
    std::string name;
    std::string value;
    std::vector<std::string> labels;
  };
  std::vector<Labelled> labelled;
};

Nanos last_number(const std::string& line) {
  return std::stoll(line.substr(line.rfind(' ') + 1));
}

std::vector<LoggedSet> read_sets(std::istream& in) {
  std::vector<LoggedSet> sets;
  std::string section;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("MetricSet: ")) {
      sets.push_back({line.substr(11), 0, 0, {}, {}, {}});
    } else if (line.starts_with("   Scrape time: ")) {
      sets.back().scrape = last_number(line);
    } else if (line.starts_with("   Create time: ")) {
      sets.back().create = last_number(line);
    } else if (line.ends_with(":") && line.starts_with("   ") && line[3] != ' ') {
      section = line.substr(3);
    } else if (const std::size_t equals = line.find(" = ");
               line.starts_with("      ") && equals != line.npos) {
      const std::size_t begin = line.find_first_not_of(' ');
      const std::string name = line.substr(begin, equals - begin);
      const std::string value = line.substr(equals + 3);
      if (begin == 9) {
        sets.back().labelled.back().labels.push_back(value);
      } else if (section == "Labels:") {
        sets.back().labels[name] = value;
      } else if (section == "Metrics:") {
        sets.back().metrics.emplace_back(name, value);
      } else {
        sets.back().labelled.push_back({name, value, {}});
      }
    } else if (!line.empty()) {
      break;
    }
  }
  return sets;
}

Value read_value(Metric metric, const std::string& text) {
  return describe(metric).value_type == ValueType::kInt64 ? std::stoll(text) : from_float(std::stod(text));
}

void fill_table(Table& table, Pool<LabelValues>& pool, const LoggedSet& set) {
  const std::uint32_t row = table.add_row(set.scrape, set.create);
  for (const auto& [name, text] : set.metrics) {
    const std::optional<Metric> metric = find_metric(name);
    ASSERT_TRUE(metric) << name;
    table.set(*metric, row, read_value(*metric, text));
  }
  for (const auto& labelled : set.labelled) {
    const std::optional<Metric> metric = find_metric(labelled.name);
    ASSERT_TRUE(metric) << labelled.name;
    table.labelled.push_back({row, *metric, pool.add(labelled.labels), read_value(*metric, labelled.value)});
  }
}

LabelPairs read_labels(const LoggedSet& set) {
  LabelPairs pairs;
  const auto found = set.labels.find("labels");
  if (found == set.labels.end()) return pairs;
  for (const auto& [name, value] : split_labels(found->second, ",")) pairs.append(name, value);
  return pairs;
}

std::string label(const LoggedSet& set, const std::string& name) {
  const auto found = set.labels.find(name);
  return found == set.labels.end() ? "" : found->second;
}

// Puts one node's sets together.
class BlockReader {
 public:
  void add(const LoggedSet& set) {
    const std::string type = label(set, "type");
    if (type == "node") {
      fill_table(block_.node, node_pool_, set);
      NodeInfo info;
      info.name = label(set, "nodename");
      info.hostname = label(set, "hostname");
      info.labels = share(read_labels(set));
      block_.info = share(std::move(info));
    } else if (type == "sys_container") {
      fill_table(block_.system, system_pool_, set);
      block_.system_names.push_back(label(set, "container_name"));
    } else if (type == "pod") {
      rows_[label(set, "pod_name")] = static_cast<std::uint32_t>(block_.pod_rows.size());
      fill_table(block_.pods, pod_pool_, set);
      PodInfo info;
      info.name = share(PodName{label(set, "namespace_name"), label(set, "pod_name"), label(set, "pod_id")});
      info.labels = share(read_labels(set));
      block_.pod_rows.push_back({info.name, share(std::move(info)), share(label(set, "namespace_id"))});
    } else {
      fill_table(block_.containers, container_pool_, set);
      block_.container_rows.push_back(
          {rows_.at(label(set, "pod_name")),
           share(ContainerName{label(set, "container_name"), label(set, "container_base_image")})});
    }
  }

  std::shared_ptr<const NodeBlock> take() {
    block_.node.label_values = node_pool_.take();
    block_.system.label_values = system_pool_.take();
    block_.pods.label_values = pod_pool_.take();
    block_.containers.label_values = container_pool_.take();
    return share(std::move(block_));
  }

 private:
  NodeBlock block_;
  std::map<std::string, std::uint32_t> rows_;
  Pool<LabelValues> node_pool_{nullptr};
  Pool<LabelValues> system_pool_{nullptr};
  Pool<LabelValues> pod_pool_{nullptr};
  Pool<LabelValues> container_pool_{nullptr};
};

std::shared_ptr<const NodeBlock> big_block(int node, int pods, const std::shared_ptr<const std::string>& ns) {
  NodeBlock block;
  NodeInfo info;
  info.name = info.hostname = "node-" + std::to_string(node);
  info.labels = share(LabelPairs{{"kubernetes.io/hostname", info.name}});
  block.info = share(std::move(info));
  const auto label_values = share(std::vector<LabelValues>{{"/"}});
  block.node.add_row(kTestTime, kTestTime);
  fill_row(block.node, 0, node);
  for (int i = 0; i < pods; ++i) {
    PodInfo pod;
    pod.name = share(PodName{*ns, "shop-" + std::to_string(node) + "-" + std::to_string(i),
                             "00000000-1111-4222-8333-000000000000"});
    pod.labels = share(LabelPairs{{"app.kubernetes.io/component", "api"},
                                  {"app.kubernetes.io/instance", "prod"},
                                  {"app.kubernetes.io/name", "shop"},
                                  {"pod-template-hash", "5d4f8b"},
                                  {"tier", "backend"}});
    block.pod_rows.push_back(
        {pod.name, share(std::move(pod)), share(std::string("788a3a00-1111-4222-8333-000002625a00"))});
    const std::uint32_t row = block.pods.add_row(kTestTime, kTestTime);
    fill_row(block.pods, row, node * 100 + i);
    label_row(block.pods, row, i);
    for (const char* name : {"app", "sidecar"}) {
      const std::uint32_t container = block.containers.add_row(kTestTime, kTestTime);
      block.container_rows.push_back({row, share(ContainerName{name, "registry.example/shop/app:1.2.3"})});
      fill_row(block.containers, container, node * 100 + i);
      label_row(block.containers, container, i);
    }
  }
  block.pods.label_values = block.containers.label_values = label_values;
  return share(std::move(block));
}

}  // namespace

std::shared_ptr<const Batch> test_batch(std::int64_t mark, Nanos timestamp) {
  Batch batch;
  batch.timestamp = timestamp;
  batch.cluster.add_row(kNoTime, kNoTime);
  batch.cluster.set(Metric::kCpuRequest, 0, 250);
  batch.namespaces.add_row(kNoTime, kNoTime);
  batch.namespaces.set(Metric::kCpuRequest, 0, 250);
  batch.namespace_rows.push_back({"default", "ns-uid"});
  NodeBlock block;
  NodeInfo info;
  info.name = "node-0";
  info.hostname = "node-0.example";
  info.labels = share(LabelPairs{{"zone", "a b"}});
  block.info = share(std::move(info));
  block.node.add_row(kTestTime - 500'000'000, kTestTime - 3'600'000'000'000);
  block.node.set(Metric::kMemoryUsage, 0, mark);
  block.node.set(Metric::kCpuUsage, 0, 12'000'000'000);
  block.node.set(Metric::kNodeCpuUtilization, 0, from_float(0.046875));
  block.node.set(Metric::kNodeMemoryCapacity, 0, from_float(137'438'953'472.0));
  block.node.labelled.push_back({0, Metric::kFilesystemUsage, 0, 4096});
  block.node.labelled.push_back({0, Metric::kFilesystemUsage, 1, 512});
  block.node.label_values = share(std::vector<LabelValues>{{"/"}, {"Volume:data.x"}});
  block.system.add_row(kTestTime, kTestTime);
  block.system.set(Metric::kMemoryUsage, 0, 77);
  block.system_names = {"kubelet"};
  PodInfo pod;
  pod.name = share(PodName{"default", "web.0", "pod-uid"});
  pod.labels = share(LabelPairs{{"app", "web"}, {"empty", ""}, {"team_x", "a"}});
  block.pod_rows.push_back({pod.name, share(std::move(pod)), share(std::string("ns-uid"))});
  block.pods.add_row(kTestTime, kTestTime);
  block.pods.set(Metric::kNetworkRxRate, 0, from_float(0.1));
  block.container_rows.push_back({0, share(ContainerName{"app", "registry/app:1"})});
  block.containers.add_row(kTestTime, kTestTime);
  block.containers.set(Metric::kCpuLimit, 0, 500);
  batch.nodes.push_back(share(std::move(block)));
  return share(std::move(batch));
}

std::shared_ptr<const Batch> big_batch(int nodes, int pods) {
  Batch batch;
  batch.timestamp = kTestTime;
  const auto ns = share(std::string("default"));
  for (int node = 0; node < nodes; ++node) batch.nodes.push_back(big_block(node, pods, ns));
  return share(std::move(batch));
}

std::vector<std::shared_ptr<const Batch>> read_log(const std::string& text) {
  std::vector<std::shared_ptr<const Batch>> batches;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t heading = line.find("DataBatch     Timestamp: ");
    if (heading == std::string::npos) continue;
    std::tm time{};
    EXPECT_NE(::strptime(line.c_str() + heading + 25, "%Y-%m-%d %H:%M:%S", &time), nullptr);
    Batch batch;
    batch.timestamp = static_cast<Nanos>(::timegm(&time)) * 1'000'000'000;
    std::map<std::string, BlockReader> blocks;
    Pool<LabelValues> none(nullptr);
    for (const LoggedSet& set : read_sets(in)) {
      const std::string type = label(set, "type");
      if (type == "cluster") {
        fill_table(batch.cluster, none, set);
      } else if (type == "ns") {
        fill_table(batch.namespaces, none, set);
        batch.namespace_rows.push_back({label(set, "namespace_name"), label(set, "namespace_id")});
      } else {
        blocks[label(set, "nodename")].add(set);
      }
    }
    for (auto& [name, block] : blocks) batch.nodes.push_back(block.take());
    batches.push_back(share(std::move(batch)));
  }
  return batches;
}

std::string recorded_text(std::string_view file) {
  const char* directory = std::getenv("KUBEVITALS_USAGE_RECORDINGS");
  return directory == nullptr ? "" : std::string(directory).append("/").append(file);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (!path.ends_with(".gz")) return bytes;
  net::GzipDecoder decoder;
  decoder.feed(std::move(bytes));
  std::string text;
  for (;;) {
    const Result<std::string> more = decoder.take(1 << 20);
    EXPECT_TRUE(more) << path;
    if (!more || more->empty()) return text;
    text.append(*more);
  }
}

}  // namespace kubevitals::usage
