// What it costs to read the answer of a kubelet with 30 pods of two containers, and to carry it through the
// steps of the pipeline. The names are those of the batch before, as they are in all cycles but the first.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "usage/processors/processor.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {
namespace {

constexpr int kPods = 30;

std::string pod_name(int pod) {
  return "service-" + std::to_string(pod) + "-7c5ddbdf54-x2x8p";
}
std::string uid(int pod) {
  return "6f1e2a3b-0000-4000-8000-0000000000" + std::to_string(10 + pod);
}

std::string resource_answer() {
  std::string text;
  const auto family = [&text](const std::string& name, bool containers, const std::string& value) {
    text += "# HELP " + name + " [STABLE] Cumulative something of the container in some unit\n# TYPE " +
            name + " counter\n";
    for (int pod = 0; pod < kPods; ++pod) {
      for (const char* container : {"app", "sidecar"}) {
        text += name + "{";
        if (containers) text += std::string("container=\"") + container + "\",";
        text += "namespace=\"team-" + std::to_string(pod % 5) + "\",pod=\"" + pod_name(pod) + "\"} " + value +
                std::to_string(pod) + " 1767225660000\n";
        if (!containers) break;
      }
    }
  };
  family("container_cpu_usage_seconds_total", true, "4321.1234");
  family("container_memory_working_set_bytes", true, "1.2767232e+0");
  family("container_start_time_seconds", true, "1.7672220");
  family("pod_cpu_usage_seconds_total", false, "4321.1234");
  family("pod_memory_working_set_bytes", false, "1.2767232e+0");
  return text + "node_cpu_usage_seconds_total 19.98 1767225660000\nnode_memory_working_set_bytes 2.8e+08\n";
}

std::string summary_answer() {
  const std::string time = R"("time": "2026-01-01T00:01:00Z")";
  const std::string cpu =
      R"("cpu": {)" + time + R"(, "usageNanoCores": 61000000, "usageCoreNanoSeconds": 3660000000})";
  const std::string memory =
      R"("memory": {)" + time + R"(, "usageBytes": 58966016, "workingSetBytes": 44224512,
    "rssBytes": 29483008, "pageFaults": 1128, "majorPageFaults": 9})";
  const std::string fs = "{" + time + R"(, "availableBytes": 214737879040, "capacityBytes": 214748364800,
    "usedBytes": 10485760, "inodesFree": 13100000, "inodes": 13107200, "inodesUsed": 7200})";
  std::string text = R"({"node": {"nodeName": "n", "startTime": "2025-12-31T00:00:00Z", )" + cpu + "," +
                     memory + R"(, "fs": )" + fs + "}, \"pods\": [";
  for (int pod = 0; pod < kPods; ++pod) {
    text +=
        std::string(pod > 0 ? "," : "") + R"({"podRef": {"name": ")" + pod_name(pod) +
        R"(", "namespace": "team-)" + std::to_string(pod % 5) + R"(", "uid": ")" + uid(pod) +
        R"("}, "startTime": "2025-12-31T23:00:00Z", )" + cpu + "," + memory + R"(, "network": {)" + time +
        R"(, "name": "eth0", "rxBytes": 6000, "rxErrors": 1, "txBytes": 3000, "txErrors": 0}, "volume": [)" +
        fs + R"(], "containers": [)";
    for (const char* container : {"app", "sidecar"}) {
      text += std::string(container[0] == 's' ? "," : "") + R"({"name": ")" + container +
              R"(", "startTime": "2025-12-31T23:00:00Z", )" + cpu + "," + memory + R"(, "rootfs": )" + fs +
              R"(, "logs": )" + fs + "}";
    }
    text += "]}";
  }
  return text + "]}";
}

std::string classic_answer() {
  std::string text = "{";
  for (int pod = 0; pod < kPods; ++pod) {
    for (const char* container : {"POD", "app", "sidecar"}) {
      const std::string name = "/kubepods/pod" + uid(pod) + "/" + container;
      text += "\"" + name + R"(": {"name": ")" + name +
              R"(", "spec": {"creation_time": "2025-12-31T23:00:00Z",
        "labels": {"io.kubernetes.container.name": ")" +
              container + R"(", "io.kubernetes.pod.name": ")" + pod_name(pod) +
              R"(", "io.kubernetes.pod.namespace": "team-)" + std::to_string(pod % 5) +
              R"(", "io.kubernetes.pod.uid": ")" + uid(pod) + R"("}, "has_cpu": true, "has_memory": true,
        "has_network": true, "has_filesystem": true, "has_diskio": true, "image": "registry.example/app:1.2"},
        "stats": [{"timestamp": "2026-01-01T00:01:00Z", "cpu": {"usage": {"total": 300000000, "user": 0}},
        "memory": {"usage": 17022976, "cache": 8511488, "rss": 8511488, "working_set": 12767232, "container_data":
        {"pgfault": 1120, "pgmajfault": 6}}, "network": {"interfaces": [{"name": "eth0", "rx_bytes": 6000,
        "tx_bytes": 3000, "rx_errors": 1, "tx_errors": 0}]}, "filesystem": [{"device": "/dev/vda1",
        "capacity": 214748364800, "usage": 10485760, "available": 214737879040, "has_inodes": true,
        "inodes": 13107200, "inodes_free": 13100000}], "diskio": {"io_service_bytes": [{"device": "vda",
        "major": 254, "minor": 0, "stats": {"Read": 60000, "Write": 120000}}]}}]},)";
    }
  }
  return text + R"("/": {"name": "/", "spec": {}, "stats": [{}]}})";
}

void parse(benchmark::State& state, std::string_view source, std::string body, bool process) {
  const std::size_t size = body.size();
  body.append(kBodyPadding, '\0');
  auto info = std::make_shared<NodeInfo>();
  info->name = "n";
  const Directory directory;
  const SourceType& type = *find_source_type(source);
  ParseInput input{std::string_view(body).substr(0, size), info, nullptr, 1'767'225'660'000'000'000};
  const NodeBlock before = type.parse(input).value();
  input.before = &before;
  for (auto _ : state) {
    Result<NodeBlock> block = type.parse(input);
    if (process) process_block(*block, {&before, directory});
    benchmark::DoNotOptimize(block);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(size * state.iterations()));
}

BENCHMARK_CAPTURE(parse, resource, "kubernetes.resource", resource_answer(), false);
BENCHMARK_CAPTURE(parse, summary, "kubernetes.summary_api", summary_answer(), false);
BENCHMARK_CAPTURE(parse, stats_container, "kubernetes", classic_answer(), false);
BENCHMARK_CAPTURE(parse, resource_and_process, "kubernetes.resource", resource_answer(), true);
BENCHMARK_CAPTURE(parse, summary_and_process, "kubernetes.summary_api", summary_answer(), true);
BENCHMARK_CAPTURE(parse, stats_container_and_process, "kubernetes", classic_answer(), true);

}  // namespace
}  // namespace kubevitals::usage
