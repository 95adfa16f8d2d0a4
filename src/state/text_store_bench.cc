// The store with the text of pods as clusters have them: what it costs to fill, to change and to scrape, and
// how much memory it takes.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <random>

#include "state/text_store.h"

namespace kubevitals::state {
namespace {

constexpr std::size_t kFamilies = 59;

// Text like that of a pod with all default families: about 8.8 KB, of which names and UID are the only part
// that does not repeat from pod to pod.
class PodText {
 public:
  const RenderedObject& render(std::uint32_t pod, std::uint32_t generation) {
    object_.text.clear();
    object_.ends.clear();
    std::mt19937 random(pod);
    char identity[160];
    const std::uint32_t deployment = pod / 6;
    std::snprintf(identity, sizeof identity,
                  "{namespace=\"team-%u-prod\",pod=\"service-%u-%08x-%05x\","
                  "uid=\"%08x-%04x-4%03x-a%03x-%08x%04x\"",
                  deployment % 40, deployment, deployment * 2654435761u, random() & 0xfffff, random(),
                  random() & 0xffff, random() & 0xfff, random() & 0xfff, random(), random() & 0xffff);
    for (std::size_t family = 0; family < kFamilies; ++family) {
      // A third of the families has lines for each container or condition.
      const int lines = family % 3 == 0 ? 1 + static_cast<int>((pod + family) % 3) : 1;
      for (int line = 0; line < lines; ++line) add_line(family, identity, line, generation);
      object_.ends.push_back(static_cast<std::uint32_t>(object_.text.size()));
    }
    return object_;
  }

 private:
  void add_line(std::size_t family, const char* identity, int line, std::uint32_t generation) {
    char text[320];
    // Of a changed pod a few families change: restarts, conditions, times.
    const double value = family % 17 == 5 ? generation : family % 4 == 0 ? 1.7e9 + line : line;
    const int size =
        std::snprintf(text, sizeof text, "kube_pod_synthetic_family_%zu%s,container=\"c%d\"} %g\n", family,
                      identity, line, value);
    object_.text.append(text, static_cast<std::size_t>(size));
  }

  RenderedObject object_;
};

double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

std::unique_ptr<TextStore> filled_store(std::uint32_t pods, PodText& text) {
  auto store = std::make_unique<TextStore>(kFamilies);
  for (std::uint32_t pod = 0; pod < pods; ++pod) store->update(pod, text.render(pod, 0));
  store->snapshot();
  return store;
}

void fill(benchmark::State& state) {
  PodText text;
  const auto pods = static_cast<std::uint32_t>(state.range(0));
  std::uint64_t raw = 0;
  std::uint64_t compressed = 0;
  double resident = 0;
  for (auto iteration : state) {
    malloc_trim(0);
    const double before = resident_megabytes();
    const auto store = filled_store(pods, text);
    resident = resident_megabytes() - before;
    raw = compressed = 0;
    const auto snapshot = store->snapshot();
    for (const auto& family : snapshot->families) {
      raw += family->checksum.size;
      compressed += family->compressed_size;
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(raw * state.iterations()));
  state.counters["text_MB"] = static_cast<double>(raw) / 1e6;
  state.counters["compressed_MB"] = static_cast<double>(compressed) / 1e6;
  state.counters["resident_MB"] = resident;
}
BENCHMARK(fill)->Arg(10'000)->Arg(50'000)->Unit(benchmark::kMillisecond)->Iterations(1);

// The part of `fill` that is not the store's.
void render_only(benchmark::State& state) {
  PodText text;
  for (auto iteration : state) {
    for (std::uint32_t pod = 0; pod < 10'000; ++pod) benchmark::DoNotOptimize(text.render(pod, 0));
  }
}
BENCHMARK(render_only)->Unit(benchmark::kMillisecond);

// 1 % of the pods change a little, then somebody scrapes.
void change_and_snapshot(benchmark::State& state) {
  PodText text;
  const auto pods = static_cast<std::uint32_t>(state.range(0));
  const auto store = filled_store(pods, text);
  std::mt19937 random(1);
  std::uint32_t generation = 0;
  for (auto iteration : state) {
    ++generation;
    for (std::uint32_t change = 0; change < pods / 100; ++change) {
      const std::uint32_t pod = random() % pods;
      store->update(pod, text.render(pod, generation));
    }
    benchmark::DoNotOptimize(store->snapshot());
  }
}
BENCHMARK(change_and_snapshot)->Arg(10'000)->Arg(50'000)->Unit(benchmark::kMillisecond);

void unchanged_snapshot(benchmark::State& state) {
  PodText text;
  const auto store = filled_store(10'000, text);
  for (auto iteration : state) benchmark::DoNotOptimize(store->snapshot());
}
BENCHMARK(unchanged_snapshot);

// The same object again, as a relist brings it.
void update_without_change(benchmark::State& state) {
  PodText text;
  const auto store = filled_store(1'000, text);
  const RenderedObject object = text.render(500, 0);
  for (auto iteration : state) store->update(500, object);
}
BENCHMARK(update_without_change);

void inflate_all(benchmark::State& state) {
  PodText text;
  const auto store = filled_store(10'000, text);
  const auto snapshot = store->snapshot();
  std::vector<char> buffer(std::size_t{8} << 20);
  std::int64_t bytes = 0;
  for (auto iteration : state) {
    for (const auto& family : snapshot->families) {
      for (const auto& page : family->pages) {
        if (!page) continue;
        page->inflate(buffer.data());
        bytes += page->raw_size();
      }
    }
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(inflate_all)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kubevitals::state
