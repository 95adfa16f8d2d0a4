// What the APIs cost in a cluster of 1,000 nodes with 30 pods of 2 containers each: the goals are 60 ms for
// all pods over the resource metrics API, and 0.5 s for the whole export.
#include <benchmark/benchmark.h>

#include <boost/asio/system_executor.hpp>

#include "base/virtual_clock.h"
#include "usage/api/export_api.h"
#include "usage/api/metrics_list.h"
#include "usage/api/model_api.h"
#include "usage/api/resource_metrics_api.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

struct BigCluster {
  VirtualClock clock;
  TestCluster cluster;
  UsageStore store{clock, std::chrono::seconds(60)};
  MetricSink sink{cluster.directory()};

  BigCluster() {
    for (int node = 0; node < 1000; ++node) {
      const std::string name = "node-" + std::to_string(node) + ".example.internal";
      cluster.add_node(name);
      std::vector<TestPod> pods;
      for (int pod = 0; pod < 30; ++pod) {
        const std::string pod_name =
            "service" + std::to_string(pod) + "-7c5ddbdf54-" + std::to_string(10'000 + node);
        const std::string space = "team-" + std::to_string((node * 7 + pod) % 40);
        cluster.add_pod(space, pod_name, name, {"app", "sidecar"});
        pods.push_back({space, pod_name, {{"app", 0, 0, 0}, {"sidecar", 0, 0, 0}}});
      }
      for (const std::int64_t time : {600, 660}) {
        TestScrape scrape{name, time, {"", 0, 0.3 * static_cast<double>(time), 1 << 30}, pods};
        for (TestPod& pod : scrape.pods) {
          for (TestContainer& container : pod.containers) {
            container.cpu_seconds = 0.0123456789 * static_cast<double>(time);
            container.memory = 12'648 * 1024;
          }
        }
        store.put(cluster.scrape(scrape));
      }
    }
    for (int i = 0; i < 15; ++i) {
      const Nanos now = (kDayOne + 660 + 60 * i) * kSecondNanos;
      sink.store(cluster.batch(now), now);
    }
  }
};

BigCluster& cluster() {
  static BigCluster* const made = new BigCluster();
  return *made;
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void all_pods(benchmark::State& state, const char* accept) {
  BigCluster& big = cluster();
  const ResourceMetricsApi api({&big.store, &big.cluster.directory(), &big.clock, nullptr},
                               asio::system_executor());
  const net::ServerRequest request = get_request("/apis/metrics.k8s.io/v1beta1/pods", {{"Accept", accept}});
  std::size_t bytes = 0;
  for (auto _ : state) bytes = body_of(*api.answer(request)).size();
  report(state, bytes);
}
BENCHMARK_CAPTURE(all_pods, json, "application/json")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(all_pods, protobuf, "application/vnd.kubernetes.protobuf")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

void one_pod(benchmark::State& state) {
  BigCluster& big = cluster();
  const ResourceMetricsApi api({&big.store, &big.cluster.directory(), &big.clock, nullptr},
                               asio::system_executor());
  const auto& pod = *big.cluster.directory().pods()->at(15'000);
  const net::ServerRequest request =
      get_request("/apis/metrics.k8s.io/v1beta1/namespaces/" + *pod.namespace_ + "/pods/" + pod.name);
  for (auto _ : state) benchmark::DoNotOptimize(body_of(*api.answer(request)));
}
BENCHMARK(one_pod)->Unit(benchmark::kMicrosecond);

void export_all(benchmark::State& state) {
  const auto batch = cluster().sink.latest();
  std::size_t bytes = 0;
  for (auto _ : state) {
    exposition::NextPiece next = metric_export(batch, {});
    bytes = 0;
    for (std::string piece; next(piece); piece.clear()) bytes += piece.size();
  }
  report(state, bytes);
}
BENCHMARK(export_all)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void model_value(benchmark::State& state, const char* rest) {
  BigCluster& big = cluster();
  const auto& pod = *big.cluster.directory().pods()->at(15'000);
  const net::ServerRequest request =
      get_request("/api/v1/model/namespaces/" + *pod.namespace_ + "/pods/" + pod.name + rest);
  const net::ServerRequest unknown = get_request("/api/v1/model/namespaces/x/pods/x" + std::string(rest));
  const bool known = state.range(0) != 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        model_answer(big.sink, known ? request : unknown, (kDayOne + 1'600) * kSecondNanos));
  }
}
BENCHMARK_CAPTURE(model_value, long_store, "/metrics/cpu/usage_rate")
    ->Arg(1)
    ->Arg(0)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(model_value, short_store, "/metrics/cpu/usage")
    ->Arg(1)
    ->Arg(0)
    ->Unit(benchmark::kMicrosecond);

void put(benchmark::State& state) {
  BigCluster& big = cluster();
  const auto block = big.store.find("node-0.example.internal")->block;
  for (auto _ : state) big.store.put(block);
}
BENCHMARK(put)->Unit(benchmark::kMicrosecond);

void long_store(benchmark::State& state) {
  BigCluster& big = cluster();
  const auto batch = big.sink.latest();
  const LongBatch before(*batch, nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(LongBatch(*batch, &before).bytes());
  state.counters["bytes"] = static_cast<double>(big.sink.long_store_bytes());
}
BENCHMARK(long_store)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace kubevitals::usage
