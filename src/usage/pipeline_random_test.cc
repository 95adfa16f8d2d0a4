// A random cluster, reported by each source and carried through the pipeline for a while: counters start
// again with and without a new start time, clocks step, containers and pods come, go, move and are renamed,
// names occur twice. ScrapedBatches checks each batch for sums, rates and owners; here every container and
// its rate are held against what was reported.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "base/rfc3339.h"
#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kBegin = 1'767'225'600 * kSecond;

struct Sample {
  Nanos time = kBegin;
  Nanos start = kBegin;
  std::int64_t counter = 0;
};

struct RandomContainer {
  std::string name;
  Sample sample;
  bool missing = false;  // in this answer
};

struct RandomPod {
  std::string namespace_, name, uid;
  std::vector<RandomContainer> containers;
};

using RandomNode = std::vector<RandomPod>;

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}
std::string time_text(Nanos time) {
  return in_quotes(format_rfc3339(time / kSecond));
}

// What one node is said to hold, in one of the sources' formats. `twice` adds older reports of the same
// names.
using Render = std::string (*)(const RandomNode& node, Nanos now, bool twice);

std::string summary_container(const RandomContainer& container, Nanos start, std::int64_t counter) {
  return R"({"name": )" + in_quotes(container.name) + R"(, "startTime": )" + time_text(start) +
         R"(, "cpu": {"time": )" + time_text(container.sample.time) + R"(, "usageCoreNanoSeconds": )" +
         std::to_string(counter) + R"(}, "memory": {"usageBytes": )" + std::to_string(counter % 1000) + "}}";
}

std::string render_summary(const RandomNode& node, Nanos now, bool twice) {
  std::string text =
      R"({"node": {"cpu": {"time": )" + time_text(now) + R"(, "usageCoreNanoSeconds": 7}}, "pods": [)";
  const char* between = "";
  for (const RandomPod& pod : node) {
    const std::string reference = R"({"podRef": {"namespace": )" + in_quotes(pod.namespace_) +
                                  R"(, "name": )" + in_quotes(pod.name) + R"(, "uid": )" +
                                  in_quotes(pod.uid) + "}, ";
    text += between + reference + R"("startTime": )" + time_text(kBegin) + R"(, "containers": [)";
    const char* comma = "";
    for (const RandomContainer& container : pod.containers) {
      if (container.missing) continue;
      text += comma + summary_container(container, container.sample.start, container.sample.counter);
      comma = ",";
      if (twice) text += comma + summary_container(container, container.sample.start - kSecond, 1'000'000);
    }
    text += "]}";
    between = ",";
    if (twice) {
      text += "," + reference + R"("startTime": )" + time_text(kBegin - kSecond) +
              R"(, "containers": [{"name": "of-an-older-pod"}]})";
    }
  }
  return text + "]}";
}

std::string classic_container(const std::string& id, const RandomPod& pod, const std::string& name,
                              const Sample& sample) {
  return in_quotes(id) + R"(: {"name": )" + in_quotes(id) + R"(, "spec": {"creation_time": )" +
         time_text(sample.start) +
         R"(, "has_cpu": true, "has_memory": true, "labels": {"io.kubernetes.container.name": )" +
         in_quotes(name) + R"(, "io.kubernetes.pod.name": )" + in_quotes(pod.name) +
         R"(, "io.kubernetes.pod.namespace": )" + in_quotes(pod.namespace_) +
         R"(, "io.kubernetes.pod.uid": )" + in_quotes(pod.uid) + R"(}}, "stats": [{"timestamp": )" +
         time_text(sample.time) + R"(, "cpu": {"usage": {"total": )" + std::to_string(sample.counter) +
         R"(}}, "memory": {"usage": )" + std::to_string(sample.counter % 1000) + "}}]},";
}

std::string render_classic(const RandomNode& node, Nanos now, bool twice) {
  std::string text = "{";
  for (const RandomPod& pod : node) {
    const std::string id = "/kubepods/" + pod.uid + "/";
    // Some pods have no pause container.
    if (pod.uid.back() != '0') text += classic_container(id + "pause", pod, "POD", {now, kBegin, 5});
    for (const RandomContainer& container : pod.containers) {
      if (container.missing) continue;
      text += classic_container(id + container.name, pod, container.name, container.sample);
      const Sample older{container.sample.time, container.sample.start - kSecond, 1'000'000};
      if (twice) text += classic_container(id + container.name + "-older", pod, container.name, older);
    }
  }
  return text + R"("/": {"name": "/", "spec": {"has_cpu": true}, "stats": [{"timestamp": )" + time_text(now) +
         "}]}}";
}

std::string render_resource(const RandomNode& node, Nanos now, bool twice) {
  std::string text = "node_cpu_usage_seconds_total 7 " + std::to_string(now / 1'000'000) + "\n";
  for (int round = 0; round < (twice ? 2 : 1); ++round) {
    for (const char* family : {"container_cpu_usage_seconds_total", "container_memory_working_set_bytes",
                               "container_start_time_seconds"}) {
      for (const RandomPod& pod : node) {
        for (const RandomContainer& container : pod.containers) {
          if (container.missing) continue;
          const Sample& sample = container.sample;
          const bool is_cpu = family[10] == 'c';
          const bool is_start = family[10] == 's';
          // Whole seconds of CPU are exact in this format.
          const std::int64_t value = is_cpu     ? sample.counter / kSecond
                                     : is_start ? sample.start / kSecond
                                                : 9;
          text += std::string(family) + "{container=" + in_quotes(container.name) +
                  ",namespace=" + in_quotes(pod.namespace_) + ",pod=" + in_quotes(pod.name) + "} " +
                  std::to_string(value) + " " + std::to_string(sample.time / 1'000'000) + "\n";
        }
      }
    }
  }
  return text;
}

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) {
      RandomNode& node = nodes["n" + std::to_string(i)];
      for (int j = 0; j < 6; ++j) node.push_back(make_pod());
    }
  }

  // A list for the directory: all pods that there are at first, some with a container that is never reported.
  std::string api_pods() {
    std::string text = R"({"items": [)";
    const char* between = "";
    for (const auto& [name, node] : nodes) {
      for (const RandomPod& pod : node) {
        text += between + (R"({"metadata": {"namespace": )" + in_quotes(pod.namespace_) + R"(, "name": )") +
                in_quotes(pod.name) + R"(, "uid": )" + in_quotes(pod.uid) + R"(}, "spec": {"nodeName": )" +
                in_quotes(name) + R"(, "containers": [)";
        known.emplace(pod.namespace_, pod.name, "late");
        for (const RandomContainer& container : pod.containers) {
          known.emplace(pod.namespace_, pod.name, container.name);
          text += R"({"name": )" + in_quotes(container.name) +
                  R"(, "resources": {"requests": {"cpu": "10m", "memory": "7", "example.com/x": "1"}}},)";
        }
        text += R"({"name": "late", "resources": {"limits": {"cpu": "1"}}}]}})";
        between = ",";
      }
    }
    return text + "]}";
  }

  void step(Nanos now) {
    for (auto& [name, node] : nodes) {
      if (chance(5)) node.push_back(make_pod());
      if (chance(5) && !node.empty()) node.erase(node.begin() + pick(node.size()));
      if (chance(10) && !node.empty()) node[pick(node.size())].name = "renamed-" + std::to_string(serial_++);
      if (chance(10) && node.size() > 1) std::swap(node[pick(node.size())], node[pick(node.size())]);
      for (RandomPod& pod : node) {
        for (RandomContainer& container : pod.containers) step(container, now);
      }
    }
    if (chance(20)) std::swap(nodes["n0"], nodes["n1"]);
  }

  bool chance(unsigned percent) { return random_() % 100 < percent; }

  std::map<std::string, RandomNode> nodes;
  std::set<std::tuple<std::string, std::string, std::string>> known;  // to the API server

 private:
  std::ptrdiff_t pick(std::size_t size) { return static_cast<std::ptrdiff_t>(random_() % size); }

  RandomPod make_pod() {
    const std::string number = std::to_string(serial_++);
    RandomPod pod{"ns" + std::to_string(random_() % 3), "pod-" + number, "uid-" + number, {}};
    for (unsigned i = 0; i <= random_() % 3; ++i)
      pod.containers.push_back({"c" + std::to_string(i), {}, false});
    return pod;
  }

  void step(RandomContainer& container, Nanos now) {
    Sample& sample = container.sample;
    container.missing = chance(5);
    if (!chance(5)) sample.time = now;           // or the kubelet's data is stale
    if (chance(3)) sample.time -= 90 * kSecond;  // or its clock steps back
    sample.counter += static_cast<std::int64_t>(random_() % 100) * kSecond;
    if (chance(5)) sample.counter = 0;                        // starts again
    if (chance(5)) sample = {sample.time, now, 3 * kSecond};  // starts again and says so
  }

  std::mt19937 random_;
  int serial_ = 0;
};

// The rate in millicores, if there is to be one.
Value wanted_rate(const Sample& before, const Sample& now) {
  if (now.time <= before.time || now.start != before.start || now.counter < before.counter) return kAbsent;
  return (now.counter - before.counter) / ((now.time - before.time) / 1000);
}

void run(std::string_view source, Render render, unsigned seed) {
  SCOPED_TRACE(std::string(source) + ", seed " + std::to_string(seed));
  World world(seed);
  ScrapedBatches scraper(*find_source_type(source));
  add_pods(scraper.directory(), world.api_pods());
  std::map<std::string, Sample> before;  // of the batch before, by node and key
  for (int cycle = 0; cycle < 12; ++cycle) {
    const Nanos now = kBegin + (cycle + 1) * 60 * kSecond;
    world.step(now);
    std::map<std::string, std::string> answers;
    std::map<std::string, Sample> reported;
    const bool twice = world.chance(30);
    for (const auto& [name, node] : world.nodes) {
      if (world.chance(5)) continue;  // the node did not answer
      answers[name] = render(node, now, twice);
      for (const RandomPod& pod : node) {
        for (const RandomContainer& container : pod.containers) {
          if (container.missing) continue;
          reported[name + " namespace:" + pod.namespace_ + "/pod:" + pod.name +
                   "/container:" + container.name] = container.sample;
        }
      }
    }
    const std::shared_ptr<const Batch> batch = scraper.scrape(answers, now);
    std::size_t found = 0;
    for_each_set(*batch, [&](const MetricSet& set) {
      if (set.type() != SetType::kPodContainer) return;
      const std::string key = std::string(set.node()) + " " + set.key();
      const auto sample = reported.find(key);
      if (sample == reported.end()) {
        EXPECT_TRUE(world.known.contains(
            {std::string(set.namespace_()), std::string(set.pod()), std::string(set.container())}))
            << key << " is nobody's";
        EXPECT_EQ(set.get(Metric::kCpuUsage), kAbsent) << key;
        return;
      }
      ++found;
      EXPECT_EQ(set.get(Metric::kCpuUsage), sample->second.counter) << key;
      const auto old = before.find(key);
      EXPECT_EQ(set.get(Metric::kCpuUsageRate),
                old == before.end() ? kAbsent : wanted_rate(old->second, sample->second))
          << key;
    });
    EXPECT_EQ(found, reported.size());
    before = std::move(reported);
  }
}

TEST(PipelineRandom, Summary) {
  for (unsigned seed = 0; seed < 10; ++seed) run("kubernetes.summary_api", &render_summary, seed);
}
TEST(PipelineRandom, StatsContainer) {
  for (unsigned seed = 0; seed < 10; ++seed) run("kubernetes", &render_classic, seed);
}
TEST(PipelineRandom, Resource) {
  for (unsigned seed = 0; seed < 10; ++seed) run("kubernetes.resource", &render_resource, seed);
}

}  // namespace
}  // namespace kubevitals::usage
