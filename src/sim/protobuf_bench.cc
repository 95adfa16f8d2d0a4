// What a LIST of pods costs the simulated API server: one pod from JSON to protobuf and back.
#include <benchmark/benchmark.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "sim/protobuf.h"
#include "sim/sample_objects.h"
#include "sim/table.h"

namespace kubevitals::sim {
namespace {

void encode_pod(benchmark::State& state) {
  const json::object pod = json::parse(kSamplePod).get_object();
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_protobuf(out, "v1", "Pod", pod);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size() * state.iterations()));
}
BENCHMARK(encode_pod);

void decode_pod(benchmark::State& state) {
  std::string raw, body;
  append_protobuf(raw, "v1", "Pod", json::parse(kSamplePod).get_object());
  append_protobuf_envelope(body, "v1", "Pod", raw);
  for (auto _ : state) benchmark::DoNotOptimize(decode_protobuf(body));
}
BENCHMARK(decode_pod);

// For comparison: the same pod as JSON text.
void serialize_pod(benchmark::State& state) {
  const json::object pod = json::parse(kSamplePod).get_object();
  for (auto _ : state) benchmark::DoNotOptimize(json::serialize(pod));
}
BENCHMARK(serialize_pod);

void table_row_of_a_pod(benchmark::State& state) {
  const json::object pod = json::parse(kSamplePod).get_object();
  const auto now = std::chrono::system_clock::now();
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_table(kube::kPods, std::span(&pod, 1), {}, IncludeObject::kNothing, now));
  }
}
BENCHMARK(table_row_of_a_pod);

}  // namespace
}  // namespace kubevitals::sim
