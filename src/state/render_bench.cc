// Turning a pod as clusters are full of them into text: microseconds a pod and bytes a second.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "kube/manifest_reader.h"
#include "state/resource_row.h"
#include "state/resources/tables.h"
#include "state/selection.h"

namespace kubevitals::state {
namespace {

// The JSON of the one object in a file.
class FirstObject final : public kube::ManifestHandler {
 public:
  void on_object(const kube::ManifestObject& object) override { json = object.json; }
  void on_bad_object(const Error&) override {}
  std::string json;
};

std::string pod_json() {
  std::ifstream file(KUBEVITALS_RESOURCE_TESTDATA "/pod_running.yaml");
  FirstObject object;
  if (!kube::read_manifests(file, object) || object.json.empty()) std::abort();
  return object.json;
}

SelectedResource selected_pods(bool labels) {
  SelectionFlags flags;
  flags.resources = {"pods"};
  if (labels) flags.labels_allowlist = {"pods=[*]"};
  return select_resources(flags)->front();
}

void render_pod(benchmark::State& state) {
  const SelectedResource selected = selected_pods(state.range(0) != 0);
  const std::string json = pod_json();
  kube::JsonDecoder decoder;
  kube::Pod pod;
  if (!decoder.decode(json, pod)) std::abort();
  Renderer<kube::Pod> renderer(kPods, selected.families, selected.options);
  std::size_t bytes = 0;
  for (auto iteration : state) {
    bytes += renderer.render(pod).text.size();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["text_bytes"] = static_cast<double>(renderer.render(pod).text.size());
}
BENCHMARK(render_pod)->ArgName("labels")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void decode_and_render_pod(benchmark::State& state) {
  const SelectedResource selected = selected_pods(false);
  const std::string json = pod_json();
  const auto renderer = selected.resource->make_json_renderer(selected);
  std::size_t bytes = 0;
  for (auto iteration : state) {
    bytes += (*renderer->render(json))->text.size();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(decode_and_render_pod)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kubevitals::state
