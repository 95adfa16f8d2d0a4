// Holds sources, processors and metric sets against recorded runs of the incumbent, when there are some:
// KUBEVITALS_USAGE_RECORDINGS names a directory with summary/ and plain/ (the classic source), each with
// input/, batch1.json and batch2.json.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kFirst = 1'767'225'665'000'000'000;  // a little behind the data
constexpr Nanos kMinute = 60'000'000'000;

FlatBatch read_recording(const std::string& path) {
  FlatBatch batch;
  simdjson::dom::parser parser;
  const std::string text = read_test_file(path);
  const auto nanos = [](simdjson::dom::element value) {
    return std::strtoll(std::string(std::string_view(value)).c_str(), nullptr, 10);
  };
  for (const auto& [key, set] : parser.parse(text).get_object()) {
    FlatSet& to = batch[std::string(key)];
    to.scrape_time = nanos(set["scrapeTimeNs"]);
    to.start_time = nanos(set["createTimeNs"]);
    for (const auto& [name, value] : set["labels"].get_object()) {
      // A sink of the incumbent adds this to some sets that it shares with the others.
      if (name != "cluster_name") to.labels.emplace(name, std::string_view(value));
    }
    for (const auto& [name, value] : set["metrics"].get_object()) {
      to.metrics.emplace(name, std::string_view(value));
    }
    for (const simdjson::dom::element one : set["labeled"].get_array()) {
      std::string id{std::string_view(one["name"])};
      char between = '{';
      for (const auto& [name, value] : one["labels"].get_object()) {
        id.append(1, between).append(name).append("=").append(std::string_view(value));
        between = ',';
      }
      to.labelled.emplace(id + "}", std::string_view(one["value"]));
    }
  }
  return batch;
}

bool is_type(const FlatSet& set, std::string_view type) {
  return set.labels.at("type") == type;
}

// What differs deliberately, in both sources: a share of the CPU that nobody knows is absent, where the
// incumbent says that it is zero.
void leave_out_unknown_shares(FlatBatch& wanted) {
  for (auto& [key, set] : wanted) {
    if (!is_type(set, "node")) continue;
    if (!set.metrics.contains("cpu/usage_rate")) set.metrics.erase("cpu/node_utilization");
  }
}

double number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

void add(FlatSet& to, const std::string& metric, const std::string& value) {
  const auto [known, is_new] = to.metrics.emplace(metric, value);
  if (is_new) return;
  const bool is_float = value.find('.') != std::string::npos;
  const double sum = number(known->second) + number(value);
  known->second = is_float ? std::to_string(sum) : std::to_string(static_cast<std::int64_t>(sum));
}

// What differs deliberately in the classic source: CPU and memory of a pod are those of the pause container
// in the incumbent; here they are the sums of it and the pod's containers. So are those of namespaces and the
// cluster.
void sum_containers(FlatBatch& wanted) {
  for (const auto& [key, set] : wanted) {
    if (!is_type(set, "pod_container")) continue;
    FlatSet& pod = wanted.at(key.substr(0, key.find("/container:")));
    for (const auto& [metric, value] : set.metrics) {
      const bool is_request = metric.ends_with("/request") || metric.ends_with("/limit");
      if (metric.starts_with("cpu/") || metric.starts_with("memory/")) {
        if (!is_request) add(pod, metric, value);
      }
    }
  }
  for (auto& [key, set] : wanted) {
    if (!is_type(set, "ns") && !is_type(set, "cluster")) continue;
    for (const char* metric : {"cpu/usage_rate", "memory/usage"}) {
      set.metrics.erase(metric);
      for (const auto& [pod_key, pod] : wanted) {
        if (!is_type(pod, "pod") || !pod.metrics.contains(metric)) continue;
        const bool inside =
            is_type(set, "cluster") || pod.labels.at("namespace_name") == set.labels.at("namespace_name");
        if (inside) add(set, metric, pod.metrics.at(metric));
      }
    }
  }
}

void mask_uptime(FlatBatch& batch) {
  for (auto& [key, set] : batch) set.metrics.erase("uptime");
}

class Recordings : public testing::Test {
 protected:
  void SetUp() override {
    const char* directory = std::getenv("KUBEVITALS_USAGE_RECORDINGS");
    if (directory == nullptr || !std::filesystem::exists(directory)) {
      GTEST_SKIP() << "KUBEVITALS_USAGE_RECORDINGS names no directory";
    }
    directory_ = directory;
  }

  void fill(Directory& directory, const std::string& run) {
    const std::string input = directory_ + "/" + run + "/input/";
    add_pods(directory, read_test_file(input + "pods.json"));
    add_nodes(directory, read_test_file(input + "nodes.json"));
    add_namespaces(directory, read_test_file(input + "namespaces.json"));
  }

  FlatBatch scrape(ScrapedBatches& scraper, const std::string& run, const std::string& file, int number) {
    std::map<std::string, std::string> answers;
    for (const char* node : {"0", "1"}) {
      const std::string name = file + "-node" + node + "-scrape" + std::to_string(number) +
                               (file == "metrics-resource" ? ".txt" : ".json");
      answers[std::string("node-") + node] = read_test_file(directory_ + "/" + run + "/input/" + name);
    }
    FlatBatch batch = flatten(*scraper.scrape(answers, kFirst + (number - 1) * kMinute));
    for (const auto& [key, set] : batch) {
      const bool has_uptime = set.start_time != kNoTime;
      EXPECT_EQ(set.metrics.contains("uptime"), has_uptime) << key;
    }
    mask_uptime(batch);
    return batch;
  }

  void expect_equal(const FlatBatch& found, FlatBatch wanted) {
    mask_uptime(wanted);
    for (const auto& [key, set] : wanted) {
      ASSERT_TRUE(found.contains(key)) << key;
      EXPECT_EQ(to_text({{key, found.at(key)}}), to_text({{key, set}}));
      EXPECT_TRUE(found.at(key) == set) << key;
    }
    for (const auto& [key, set] : found) EXPECT_TRUE(wanted.contains(key)) << key;
  }

  std::string directory_;
};

TEST_F(Recordings, Summary) {
  ScrapedBatches scraper(*find_source_type("kubernetes.summary_api"));
  fill(scraper.directory(), "summary");
  for (const int number : {1, 2}) {
    const FlatBatch found = scrape(scraper, "summary", "summary", number);
    FlatBatch wanted = read_recording(directory_ + "/summary/batch" + std::to_string(number) + ".json");
    leave_out_unknown_shares(wanted);
    expect_equal(found, wanted);
  }
}

TEST_F(Recordings, Classic) {
  ScrapedBatches scraper(*find_source_type("kubernetes"));
  fill(scraper.directory(), "plain");
  for (const int number : {1, 2}) {
    const FlatBatch found = scrape(scraper, "plain", "stats-container", number);
    FlatBatch wanted = read_recording(directory_ + "/plain/batch" + std::to_string(number) + ".json");
    leave_out_unknown_shares(wanted);
    sum_containers(wanted);
    expect_equal(found, wanted);
  }
}

// The kubelet's resource metrics tell the same as its summary, but fewer of it: no system containers, no
// memory but the working set, no start of nodes and pods.
TEST_F(Recordings, Resource) {
  ScrapedBatches scraper(*find_source_type("kubernetes.resource"));
  fill(scraper.directory(), "summary");
  for (const int number : {1, 2}) {
    const FlatBatch found = scrape(scraper, "summary", "metrics-resource", number);
    const FlatBatch summary =
        read_recording(directory_ + "/summary/batch" + std::to_string(number) + ".json");
    for (const auto& [key, set] : found) {
      ASSERT_TRUE(summary.contains(key)) << key;
      const FlatSet& wanted = summary.at(key);
      EXPECT_EQ(set.labels, wanted.labels) << key;
      EXPECT_EQ(set.scrape_time, wanted.scrape_time) << key;
      if (is_type(set, "pod_container")) {
        EXPECT_EQ(set.start_time, wanted.start_time) << key;
      }
      EXPECT_TRUE(set.labelled.empty()) << key;
      for (const auto& [metric, value] : set.metrics) {
        ASSERT_TRUE(wanted.metrics.contains(metric)) << key << " " << metric;
        EXPECT_EQ(value, wanted.metrics.at(metric)) << key << " " << metric;
      }
      for (const auto& [metric, value] : wanted.metrics) {
        const bool is_told = metric.starts_with("cpu/") || metric == "memory/working_set" ||
                             metric.ends_with("/request") || metric.ends_with("/limit");
        const bool is_unknown = number == 1 && metric == "cpu/node_utilization";
        if (is_told && !is_unknown) {
          EXPECT_TRUE(set.metrics.contains(metric)) << key << " " << metric;
        }
      }
    }
    for (const auto& [key, set] : summary) {
      EXPECT_EQ(found.contains(key), !is_type(set, "sys_container")) << key;
    }
  }
}

}  // namespace
}  // namespace kubevitals::usage
