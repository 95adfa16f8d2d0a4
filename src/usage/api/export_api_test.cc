#include "usage/api/export_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "base/rfc3339.h"
#include "usage/api/json_text.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

std::string whole(exposition::NextPiece next) {
  std::string all;
  for (std::string piece; next(piece); piece.clear()) all.append(piece);
  return all;
}

TEST(ExportApi, EachSetWithItsExportedMetrics) {
  TestCluster cluster;
  cluster.add_node("n1", "host1");
  cluster.add_pod("ns", "p", "n1", {"a"});
  cluster.scrape({"n1", 60, {"", 0, 1, 1000}, {{"ns", "p", {{"a", 30, 1, 7}}}}});
  const std::string text = whole(metric_export(cluster.batch((kDayOne + 60) * kSecondNanos), {}));
  const std::string gauge = R"([{"start":"2026-01-01T00:01:00Z","end":"2026-01-01T00:01:00Z",)";
  const auto counter = [](std::string_view start) {
    return R"([{"start":"2026-01-01T)" + std::string(start) + R"(Z","end":"2026-01-01T00:01:00Z",)";
  };
  const std::string expected =
      R"([{"metrics":{"cpu/limit":)" + gauge + R"("value":0}],"cpu/usage":)" + counter("00:00:00") +
      R"("value":1000000000}],"ephemeral_storage/usage":)" + gauge + R"("value":5}],"filesystem/limit":)" +
      gauge + R"("labels":{"resource_id":"/"},"value":10}],"filesystem/usage":)" + gauge +
      R"("labels":{"resource_id":"/"},"value":5}],"memory/limit":)" + gauge +
      R"("value":0}],"memory/usage":)" + gauge + R"("value":1000}],"memory/working_set":)" + gauge +
      R"("value":1000}],"uptime":)" + counter("00:00:00") +
      R"("value":60000}]},"labels":{"container_name":"machine","host_id":"","hostname":"host1","labels":"zone:a",)"
      R"("nodename":"n1"}},)";
  EXPECT_EQ(text.substr(0, expected.size()), expected);
  const std::string pod =
      R"("labels":{"container_name":"/pod","host_id":"","hostname":"host1","labels":"app:p",)"
      R"("nodename":"n1","pod_id":"u-p","pod_name":"p"}})";
  EXPECT_NE(text.find(pod), std::string::npos) << text;
  const std::string container =
      R"("uptime":)" + counter("00:00:30") +
      R"("value":30000}]},"labels":{"container_base_image":"example/a","container_name":"a","host_id":"",)"
      R"("hostname":"host1","labels":"app:p","nodename":"n1","pod_id":"u-p","pod_name":"p"}}])"
      "\n";
  EXPECT_TRUE(text.ends_with(container)) << text;
  EXPECT_EQ(text.find("usage_rate"), std::string::npos);
}

TEST(ExportApi, WithoutABatchNothing) {
  EXPECT_EQ(whole(metric_export(nullptr, {})), "[]\n");
  EXPECT_EQ(whole(metric_export(std::make_shared<const Batch>(), {})), "[]\n");
}

TEST(ExportApi, PiecesJoin) {
  TestCluster cluster;
  for (int node = 0; node < 20; ++node) {
    const std::string name = "n" + std::to_string(node);
    cluster.add_node(name);
    TestScrape one{name, 60, {"", 0, 1, 1}, {}};
    for (int pod = 0; pod < 30; ++pod)
      one.pods.push_back({"ns", "p" + std::to_string(pod), {{"a", 0, 1, 1}}});
    cluster.scrape(one);
  }
  exposition::NextPiece next = metric_export(cluster.batch(0), {});
  std::string all;
  int pieces = 0;
  for (std::string piece; next(piece); piece.clear()) {
    EXPECT_LT(piece.size(), 300'000U);
    all.append(piece);
    ++pieces;
  }
  EXPECT_GT(pieces, 2);
  std::size_t sets = 0;
  for (std::size_t at = all.find("{\"metrics\":"); at != all.npos; at = all.find("},{\"metrics\":", at + 1))
    ++sets;
  EXPECT_EQ(sets, 20U * 62);
}

TEST(ExportApi, Schema) {
  const std::string schema = metric_export_schema();
  EXPECT_TRUE(
      schema.starts_with("{\n  \"metrics\": [\n   {\n    \"name\": \"uptime\",\n    \"description\": \""));
  EXPECT_NE(
      schema.find(
          "    \"type\": \"cumulative\",\n    \"value_type\": \"int64\",\n    \"units\": \"ms\"\n   },\n"),
      std::string::npos);
  EXPECT_TRUE(schema.ends_with("\n  ]\n }"));
}

// What stands between the sets of an export, sorted; the uptime depends on the clock.
std::vector<std::string> sorted_sets(std::string text) {
  text = std::regex_replace(text, std::regex(R"(,"uptime":\[[^\]]*\])"), "");
  std::vector<std::string> sets;
  while (text.starts_with('[') || text.starts_with(',')) {
    const std::size_t end = std::min(text.find(",{\"metrics\"", 1), text.size());
    std::string set = text.substr(1, end - 1);
    while (set.ends_with('\n') || set.ends_with(']')) set.pop_back();
    sets.push_back(std::move(set));
    text.erase(0, end);
  }
  std::sort(sets.begin(), sets.end());
  return sets;
}

TEST(ExportApiRecordings, TheSameAsTheIncumbent) {
  const auto recorded = recording("summary/api/metric-export.json");
  if (!recorded) GTEST_SKIP() << "there are no recordings";
  TestCluster cluster;
  for (const char* file : {"nodes", "pods", "namespaces"}) {
    cluster.add(whole_file(std::string("summary/input/") + file + ".json"));
  }
  const Nanos now = parse_rfc3339("2026-11-23T02:22:30Z")->seconds * kSecondNanos;
  for (const std::string scrape : {"1", "2"}) {
    for (const std::string number : {"0", "1"}) {
      cluster.scrape("node-" + number,
                     whole_file("summary/input/summary-node" + number + "-scrape" + scrape + ".json"), now);
    }
  }
  EXPECT_EQ(sorted_sets(whole(metric_export(cluster.batch(now), {}))), sorted_sets(*recorded));
  // The descriptions are our own.
  const std::regex description(R"("description": "[^\n]*")");
  const std::string schema = *recording("summary/api/metric-export-schema.json");
  EXPECT_EQ(std::regex_replace(metric_export_schema(), description, ""),
            std::regex_replace(schema, description, ""));
}

}  // namespace
}  // namespace kubevitals::usage
