#include "usage/sources/stats_container/stats_container.h"

#include <gtest/gtest.h>

#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kNow = 1'767'225'720'000'000'000;

Result<NodeBlock> try_parse(std::string_view text) {
  const PaddedText body(text);
  return parse_stats_container({body.view(), make_node("n"), nullptr, kNow});
}

NodeBlock parse(std::string_view text) {
  Result<NodeBlock> block = try_parse(text);
  EXPECT_TRUE(block) << (block ? "" : block.error().message);
  return block ? std::move(*block) : NodeBlock{};
}

std::string labels(std::string_view pod, std::string_view container) {
  return R"("labels": {"io.kubernetes.pod.namespace": "x", "io.kubernetes.pod.uid": "u", "io.kubernetes.pod.name": ")" +
         std::string(pod) + R"(", "io.kubernetes.container.name": ")" + std::string(container) + "\"}";
}

// A member of the answer; `memory` is its usage.
std::string entry(std::string_view name, std::string_view spec, int memory) {
  return "\"" + std::string(name) + R"(": {"name": ")" + std::string(name) +
         R"(", "spec": {"has_memory": true, )" + std::string(spec) + R"(}, "stats": [{"memory": {"usage": )" +
         std::to_string(memory) + "}}]}";
}

TEST(StatsContainer, WhoItIs) {
  const NodeBlock block = parse(
      "{" + entry("/", R"("image": "")", 1) + "," + entry("/system.slice/ssh.service", R"("image": "")", 2) +
      "," + entry("/k/a", labels("p", "app"), 3) + "," +
      entry("k8s_old.7f9b_p_x_u_1", R"("labels": {"io.kubernetes.pod.name": "ns/with/slash"})", 4) + "," +
      entry("k8s_nodot", R"("labels": {"io.kubernetes.pod.name": "ns/p"})", 5) + "," +
      entry("k8s_free.1234", R"("image": "")", 6) + "}");
  EXPECT_TRUE(block.classic);
  EXPECT_EQ(block.node.get(Metric::kMemoryUsage, 0), 1);
  EXPECT_EQ(block.system_names,
            (std::vector<std::string>{"system.slice/ssh.service", "k8s_nodot", "k8s_free.1234"}));
  ASSERT_EQ(block.containers.rows(), 2U);
  EXPECT_EQ(block.container_rows[0].name->name, "app");
  EXPECT_EQ(block.pod_rows[0].name->uid, "u");
  EXPECT_EQ(block.container_rows[1].name->name, "old");
  EXPECT_EQ(block.pod_rows[1].name->namespace_, "ns");
  EXPECT_EQ(block.pod_rows[1].name->name, "with/slash");
}

TEST(StatsContainer, APodIsItsPauseContainerAndTheOthers) {
  const NodeBlock block =
      parse("{" + entry("/k/a", labels("p", "app"), 3) + "," + entry("/k/b", labels("q", "app"), 5) + "," +
            entry("/k/z", labels("p", "POD"), 1) + "}");
  ASSERT_EQ(block.pods.rows(), 2U);
  ASSERT_EQ(block.containers.rows(), 2U);
  EXPECT_EQ(block.pod_rows[0].name->name, "p");
  EXPECT_EQ(block.pods.get(Metric::kMemoryUsage, 0), 4);
  EXPECT_EQ(block.pods.get(Metric::kMemoryUsage, 1), kAbsent) << "left to the aggregator";
  EXPECT_EQ(block.pods.get(Metric::kCpuUsage, 0), kAbsent);
}

TEST(StatsContainer, OfTwoTheLaterOneCounts) {
  const NodeBlock block = parse(
      "{" + entry("/k/1", R"("creation_time": "2026-01-01T00:00:00Z", )" + labels("p", "app"), 1) + "," +
      entry("/k/2", R"("creation_time": "2026-01-01T00:01:00Z", )" + labels("p", "app"), 2) + "," +
      entry("/k/3", R"("creation_time": "2026-01-01T00:00:30Z", )" + labels("p", "app"), 3) + "}");
  ASSERT_EQ(block.containers.rows(), 1U);
  EXPECT_EQ(block.containers.get(Metric::kMemoryUsage, 0), 2);
  EXPECT_EQ(block.containers.get(Metric::kUptime, 0), 60'000);
}

TEST(StatsContainer, WhatItHasIsWhatItsSpecSays) {
  const NodeBlock block =
      parse(R"({"/": {"name": "/", "spec": {"has_cpu": true, "has_network": true}, "stats": [
      {"cpu": {"load_average": -1}, "memory": {"usage": 1}, "filesystem": [{"device": "a"}],
       "diskio": {"io_service_bytes": [{"device": "b"}]}}]}})");
  EXPECT_EQ(block.node.get(Metric::kCpuUsage, 0), 0);
  EXPECT_EQ(block.node.get(Metric::kCpuLoad, 0), -1);
  EXPECT_EQ(block.node.get(Metric::kNetworkRx, 0), 0);
  EXPECT_EQ(block.node.get(Metric::kMemoryUsage, 0), kAbsent);
  EXPECT_EQ(block.node.get(Metric::kUptime, 0), kAbsent);
  EXPECT_TRUE(block.node.labelled.empty());
}

TEST(StatsContainer, WithoutStatisticsItIsNotThere) {
  const NodeBlock block = parse("{" + entry("/", R"("image": "")", 1) +
                                R"(,"/a": {"name": "/a"}, "/b": {"name": "/b", "stats": []},
                                "/c": {"name": "/c", "stats": [{}, null]}, "": {"stats": [{}]}})");
  EXPECT_EQ(block.system.rows(), 0U);
}

TEST(StatsContainer, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(try_parse("{}").error().message, "no statistics of containers in the answer");
  for (const char* text : {"", "[]", "{\"/\": 1}", "{\"/\": {\"stats\": [{\"timestamp\": \"now\"}]}}"}) {
    const Result<NodeBlock> block = try_parse(text);
    ASSERT_FALSE(block) << text;
    EXPECT_EQ(block.error().code, ErrorCode::kInvalid) << text;
  }
}

TEST(StatsContainer, RequestAsksForAllContainers) {
  EXPECT_EQ(stats_container_request(1'767'225'600'000'000'000, 1'767'225'660'000'000'001),
            R"({"containerName":"/","num_stats":1,"start":"2026-01-01T00:00:00.000000000Z",)"
            R"("end":"2026-01-01T00:01:00.000000001Z","subcontainers":true})");
}

}  // namespace
}  // namespace kubevitals::usage
