#include "usage/api/model_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/rfc3339.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

class ModelApiTest : public testing::Test {
 protected:
  ModelApiTest() {
    cluster_.add_node("n1", "host1");
    cluster_.add_pod("ns", "p", "n1", {"a"});
    for (const std::int64_t time : {60, 120}) {
      TestScrape one{"n1", time, {"", {}, 0.001 * static_cast<double>(time), 1000 + time}, {}};
      one.pods.push_back({"ns", "p", {{"a", {}, static_cast<double>(time), time}}});
      one.pods.push_back({"ns", "q", {{"a", {}, 1, 7}}});
      cluster_.scrape(one);
      const Nanos now = (kDayOne + time) * kSecondNanos;
      sink_.store(cluster_.batch(now), now);
    }
  }

  net::ServerResponse ask(const std::string& rest) const {
    return model_answer(sink_, get_request("/api/v1/model" + rest), (kDayOne + 130) * kSecondNanos);
  }
  // The body; before it the status, when that is not 200.
  std::string answer(const std::string& rest) const {
    net::ServerResponse response = ask(rest);
    const std::string status = response.status == 200 ? "" : std::to_string(response.status) + " ";
    return status + body_of(std::move(response));
  }

  TestCluster cluster_;
  MetricSink sink_{cluster_.directory()};
};

constexpr char kNothing[] = "{\n  \"metrics\": [],\n  \"latestTimestamp\": \"0001-01-01T00:00:00Z\"\n }";

TEST_F(ModelApiTest, Values) {
  EXPECT_EQ(answer("/nodes/n1/metrics/memory/working_set"), R"({
  "metrics": [
   {
    "timestamp": "2026-01-01T00:01:00Z",
    "value": 1060
   },
   {
    "timestamp": "2026-01-01T00:02:00Z",
    "value": 1120
   }
  ],
  "latestTimestamp": "2026-01-01T00:02:00Z"
 })");
  EXPECT_EQ(*ask("/nodes/n1/metrics/x").headers.find("Content-Type"), "application/json");
}

TEST_F(ModelApiTest, FloatsAreKept) {
  EXPECT_NE(answer("/nodes/n1/metrics/cpu/node_utilization").find("\"value\": 0.00025\n"), std::string::npos);
}

TEST_F(ModelApiTest, EachRouteWithAndWithoutASlash) {
  for (const char* slash : {"", "/"}) {
    const auto list = [&](const std::string& path) { return answer(path + slash); };
    EXPECT_EQ(list("/nodes"), "[\n  \"n1\"\n ]");
    EXPECT_EQ(list("/namespaces"), "[\n  \"ns\"\n ]");
    EXPECT_EQ(list("/namespaces/ns/pods"), "[\n  \"p\",\n  \"q\"\n ]");
    EXPECT_EQ(list("/namespaces/ns/pods/p/containers"), "[\n  \"a\"\n ]");
    EXPECT_EQ(list("/namespaces/x/pods/p/containers"), "[]");
    EXPECT_EQ(list("/nodes/host1/freecontainers"), "[\n  \"kubelet\"\n ]");
    EXPECT_EQ(list("/debug/allkeys").substr(0, 14), "[\n  \"cluster\",");
    EXPECT_NE(list("/metrics").find("memory/usage"), std::string::npos);
    EXPECT_NE(list("/namespaces/ns/metrics").find("memory/usage"), std::string::npos);
    EXPECT_NE(list("/nodes/n1/metrics").find("cpu/node_capacity"), std::string::npos);
    EXPECT_NE(list("/nodes/n1/freecontainers/kubelet/metrics").find("cpu/usage"), std::string::npos);
    EXPECT_NE(list("/namespaces/ns/pods/p/metrics").find("memory/limit"), std::string::npos);
    EXPECT_NE(list("/namespaces/ns/pods/p/containers/a/metrics").find("memory/limit"), std::string::npos);
    EXPECT_NE(list("/namespaces/ns/pods/p/containers/a/metrics/cpu/usage_rate").find(": 1000\n"),
              std::string::npos);
    EXPECT_NE(list("/metrics/cpu/usage_rate").find(": 1000\n"), std::string::npos);
    EXPECT_NE(list("/namespaces/ns/metrics/cpu/usage_rate").find(": 1000\n"), std::string::npos);
    EXPECT_NE(list("/nodes/n1/freecontainers/kubelet/metrics/memory/usage").find(": 1120\n"),
              std::string::npos);
  }
}

TEST_F(ModelApiTest, UnknownNamesHaveNothing) {
  EXPECT_EQ(answer("/nodes/n2/metrics/memory/usage"), kNothing);
  EXPECT_EQ(answer("/nodes/n1/metrics/no/such"), kNothing);
  EXPECT_EQ(answer("/namespaces/ns/pods/x/metrics/memory/usage"), kNothing);
  EXPECT_EQ(answer("/nodes/n2/metrics"), "[]");
}

TEST_F(ModelApiTest, UnknownRoutesAreNotThere) {
  for (const char* path :
       {"", "/", "/x", "/nodes/n1", "/nodes/n1/x", "/namespaces/ns", "/debug", "/nodes//x/y",
        "/namespaces/ns/pods/p/containers/a", "/namespaces/ns/pod-list/p/metrics"}) {
    EXPECT_EQ(answer(path), "404 404 page not found\n") << path;
  }
}

TEST_F(ModelApiTest, Windows) {
  const std::string path = "/nodes/n1/metrics/memory/usage";
  EXPECT_EQ(answer(path + "?start=2026-01-01T00:02:01Z"), kNothing);
  EXPECT_EQ(answer(path + "?end=2026-01-01T00:00:59Z"), kNothing);
  EXPECT_EQ(answer(path + "?start=2026-01-01T00:01:00Z&end=2026-01-01T00:01:00Z"), R"({
  "metrics": [
   {
    "timestamp": "2026-01-01T00:01:00Z",
    "value": 1060
   }
  ],
  "latestTimestamp": "2026-01-01T00:01:00Z"
 })");
  EXPECT_EQ(
      answer(path + "?end=x"),
      "400 timestamp argument cannot be parsed: parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot "
      "parse \"x\" as \"2006\"");
}

TEST_F(ModelApiTest, DeprecatedNames) {
  EXPECT_EQ(answer("/namespaces/ns/pods/p/metrics/cpu-usage"),
            answer("/namespaces/ns/pods/p/metrics/cpu/usage_rate"));
  EXPECT_EQ(answer("/nodes/n1/metrics/memory-working"), answer("/nodes/n1/metrics/memory/working_set"));
}

TEST_F(ModelApiTest, Labels) {
  const std::string path = "/nodes/n1/metrics/filesystem/usage";
  EXPECT_EQ(answer(path), kNothing);
  EXPECT_NE(answer(path + "?labels=resource_id:/").find("\"value\": 5\n"), std::string::npos);
  EXPECT_EQ(answer(path + "?labels=resource_id:x"), kNothing);
  EXPECT_EQ(answer(path + "?labels=resource_id:/,"), "400 invalid label pair \"\"");
  EXPECT_EQ(answer(path + "?labels=resource_id"), "400 invalid label pair \"resource_id\"");
}

TEST_F(ModelApiTest, Batches) {
  EXPECT_EQ(answer("/namespaces/ns/pod-list/p,none,q/metrics/memory/usage?start=2026-01-01T00:02:00Z"),
            R"({"items":[{"metrics":[{"timestamp":"2026-01-01T00:02:00Z","value":120}],)"
            R"("latestTimestamp":"2026-01-01T00:02:00Z"},)"
            R"({"metrics":[],"latestTimestamp":"0001-01-01T00:00:00Z"},)"
            R"({"metrics":[{"timestamp":"2026-01-01T00:02:00Z","value":7}],)"
            R"("latestTimestamp":"2026-01-01T00:02:00Z"}]})"
            "\n");
  EXPECT_EQ(answer("/node-list/n1,n2/metrics/memory-usage?end=2026-01-01T00:01:30Z"),
            R"({"items":[{"metrics":[{"timestamp":"2026-01-01T00:01:00Z","value":1060}],)"
            R"("latestTimestamp":"2026-01-01T00:01:00Z"},)"
            R"({"metrics":[],"latestTimestamp":"0001-01-01T00:00:00Z"}]})"
            "\n");
}

// The lines without what tells their order.
std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream input(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    if (line.ends_with(',')) line.pop_back();
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(ModelApiRecordings, TheSameAsTheIncumbent) {
  if (!recording("summary/api/allkeys.json")) GTEST_SKIP() << "there are no recordings";
  TestCluster cluster;
  for (const char* file : {"nodes", "pods", "namespaces"}) {
    cluster.add(whole_file(std::string("summary/input/") + file + ".json"));
  }
  MetricSink sink(cluster.directory());
  const Nanos second_batch = parse_rfc3339("2026-11-23T02:22:30Z")->seconds * kSecondNanos;
  for (const int scrape : {1, 2}) {
    const Nanos now = second_batch - (scrape == 1 ? 10 * kSecondNanos : 0);
    for (const std::string number : {"0", "1"}) {
      const std::string file =
          "summary/input/summary-node" + number + "-scrape" + std::to_string(scrape) + ".json";
      cluster.scrape("node-" + number, whole_file(file), now);
    }
    sink.store(cluster.batch(now), now);
  }
  const std::string pod = "/namespaces/ns-0/pods/shop-0-0-00000";
  const std::pair<std::string, std::string> cases[] = {
      {"allkeys", "/debug/allkeys"},
      {"cluster.metrics", "/metrics/"},
      {"cluster.metrics.cpu-usage_rate", "/metrics/cpu/usage_rate"},
      {"cluster.metrics.memory-usage", "/metrics/memory/usage"},
      {"free-container.metrics", "/nodes/node-0/freecontainers/kubelet/metrics"},
      {"free-container.metrics.cpu-usage_rate",
       "/nodes/node-0/freecontainers/kubelet/metrics/cpu/usage_rate"},
      {"namespace.metrics", "/namespaces/ns-0/metrics"},
      {"namespace.metrics.slash", "/namespaces/ns-0/metrics/"},
      {"namespace.metrics.cpu-usage_rate", "/namespaces/ns-0/metrics/cpu/usage_rate"},
      {"namespace.pods", "/namespaces/ns-0/pods/"},
      {"namespaces", "/namespaces/"},
      {"node.badstart", "/nodes/node-0/metrics/cpu/usage_rate?start=bad"},
      {"node.freecontainers", "/nodes/node-0/freecontainers/"},
      {"node.future", "/nodes/node-0/metrics/cpu/usage_rate?start=2100-01-01T00:00:00Z"},
      {"node.metrics", "/nodes/node-0/metrics/"},
      {"node.metrics.cpu-usage_rate", "/nodes/node-0/metrics/cpu/usage_rate"},
      {"node.metrics.deprecated-cpu-usage", "/nodes/node-0/metrics/cpu-usage"},
      {"node.metrics.filesystem-usage.labels", "/nodes/node-0/metrics/filesystem/usage?labels=resource_id:/"},
      {"node.metrics.memory-working_set", "/nodes/node-0/metrics/memory/working_set"},
      {"node.nosuchmetric", "/nodes/node-0/metrics/no/such"},
      {"node.unknown", "/nodes/none/metrics/cpu/usage_rate"},
      {"nodes", "/nodes/"},
      {"nodes.noslash", "/nodes"},
      {"pod-container.metrics", pod + "/containers/app/metrics"},
      {"pod-container.metrics.cpu-usage_rate", pod + "/containers/app/metrics/cpu/usage_rate"},
      {"pod-list.metrics.cpu-usage_rate",
       "/namespaces/ns-0/pod-list/shop-0-0-00000,shop-2-0-00002/metrics/cpu/usage_rate"},
      {"pod.containers", pod + "/containers"},
      {"pod.metrics", pod + "/metrics"},
      {"pod.metrics.cpu-usage_rate", pod + "/metrics/cpu/usage_rate"},
      {"pod.metrics.network-rx_rate", pod + "/metrics/network/rx_rate"},
  };
  for (const auto& [file, path] : cases) {
    net::ServerResponse response =
        model_answer(sink, get_request("/api/v1/model" + path), second_batch + 5 * kSecondNanos);
    EXPECT_EQ(sorted_lines(body_of(std::move(response))),
              sorted_lines(*recording("summary/api/" + file + ".json")))
        << file;
  }
}

}  // namespace
}  // namespace kubevitals::usage
