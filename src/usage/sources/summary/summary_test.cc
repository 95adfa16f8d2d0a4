#include "usage/sources/summary/summary.h"

#include <gtest/gtest.h>

#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kNow = 1'767'225'720'000'000'000;  // 2026-01-01T00:02:00Z

Result<NodeBlock> try_parse(std::string_view text, const NodeBlock* before = nullptr) {
  const PaddedText body(text);
  return parse_summary({body.view(), make_node("n"), before, kNow});
}

NodeBlock parse(std::string_view text, const NodeBlock* before = nullptr) {
  Result<NodeBlock> block = try_parse(text, before);
  EXPECT_TRUE(block) << (block ? "" : block.error().message);
  return block ? std::move(*block) : NodeBlock{};
}

std::string pod(std::string_view name, std::string_view rest) {
  return R"({"podRef": {"namespace": "x", "name": ")" + std::string(name) + R"("}, )" + std::string(rest) +
         "}";
}

NodeBlock parse_pods(const std::string& pods) {
  return parse(R"({"node": {}, "pods": [)" + pods + "]}");
}

TEST(Summary, DataIsAsOldAsTheFirstPartThatHasATime) {
  const NodeBlock block = parse_pods(pod("p", R"("cpu": {"time": "2026-01-01T00:00:01Z"}, "containers": [
      {"name": "a", "cpu": {"time": "2026-01-01T00:00:01Z"}, "memory": {"time": "2026-01-01T00:00:02Z"}},
      {"name": "b", "cpu": {"time": null}, "memory": {"time": "2026-01-01T00:00:02Z"}},
      {"name": "c"}])"));
  EXPECT_EQ(block.pods.scrape_time(0), kNoTime) << "a pod's time is that of its network alone";
  EXPECT_EQ(block.containers.scrape_time(0), 1'767'225'601'000'000'000);
  EXPECT_EQ(block.containers.scrape_time(1), 1'767'225'602'000'000'000);
  EXPECT_EQ(block.containers.scrape_time(2), kNoTime);
}

TEST(Summary, OfTwoContainersTheLaterOneCounts) {
  const NodeBlock block = parse_pods(pod("p", R"("containers": [
      {"name": "a", "startTime": "2026-01-01T00:00:05Z", "cpu": {"usageCoreNanoSeconds": 5}},
      {"name": "b", "cpu": {"usageCoreNanoSeconds": 1}},
      {"name": "a", "startTime": "2026-01-01T00:00:01Z", "memory": {"usageBytes": 1}},
      {"name": "b", "cpu": {"usageCoreNanoSeconds": 2}}])"));
  ASSERT_EQ(block.containers.rows(), 2U);
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 0), 5);
  EXPECT_EQ(block.containers.get(Metric::kMemoryUsage, 0), kAbsent);
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 1), 2) << "the last one where both started at one time";
}

TEST(Summary, OfTwoPodsTheLaterOneCounts) {
  const NodeBlock block =
      parse_pods(pod("p", R"("startTime": "2026-01-01T00:00:05Z", "containers": [{"name": "new"}])") + "," +
                 pod("p", R"("startTime": "2026-01-01T00:00:01Z", "containers": [{"name": "old"}])") + "," +
                 pod("q", R"("containers": [])"));
  ASSERT_EQ(block.pods.rows(), 2U);
  ASSERT_EQ(block.containers.rows(), 1U);
  EXPECT_EQ(block.container_rows[0].name->name, "new");
}

TEST(Summary, SystemContainersHaveTheirOldNames) {
  const NodeBlock block = parse(R"({"node": {"systemContainers": [
      {"name": "runtime", "cpu": {"usageCoreNanoSeconds": 1}}, {"name": "misc"}, {"name": "kubelet"},
      {"name": "runtime", "cpu": {"usageCoreNanoSeconds": 2}}]}})");
  EXPECT_EQ(block.system_names, (std::vector<std::string>{"docker-daemon", "system", "kubelet"}));
  EXPECT_EQ(block.system.get(Metric::kCpuUsage, 0), 1);
}

TEST(Summary, NullsAreAsGoodAsNothing) {
  const NodeBlock block = parse(R"({"node": {"cpu": null, "fs": null, "startTime": null},
      "pods": [{"podRef": null, "containers": null, "volume": [null], "network": {"rxBytes": null}}]})");
  EXPECT_EQ(block.pods.rows(), 1U);
  EXPECT_TRUE(block.pods.labelled.empty());
  EXPECT_EQ(parse(R"({"node": {}, "pods": null})").pods.rows(), 0U);
}

TEST(Summary, TimesBeyondAllReasonDoNoHarm) {
  const NodeBlock block = parse(R"({"node": {"startTime": "1700-01-01T00:00:00Z", "systemContainers": [
      {"name": "a", "startTime": "9999-01-01T00:00:00Z"}, {"name": "b", "startTime": "2200-01-01T00:00:00Z"}]}})");
  EXPECT_EQ(block.node.get(Metric::kUptime, 0), kNow / 1'000'000);
  EXPECT_EQ(block.system.get(Metric::kUptime, 0), kAbsent);
  EXPECT_EQ(block.system.get(Metric::kUptime, 1), 0);
}

TEST(Summary, NamesOfVolumesThatWentAreForgotten) {
  std::shared_ptr<const NodeBlock> before;
  for (int i = 0; i < 200; ++i) {
    const std::string volume = R"("volume": [{"name": "kept", "usedBytes": 1}, {"name": "v)" +
                               std::to_string(i) + R"(", "usedBytes": 2}])";
    const std::string text = R"({"node": {}, "pods": [)" + pod("p", volume) + "]}";
    before = std::make_shared<const NodeBlock>(parse(text, before.get()));
    const Table& pods = before->pods;
    ASSERT_EQ(pods.labelled.size(), 2U);
    EXPECT_EQ((*pods.label_values)[pods.labelled[0].labels], LabelValues{"Volume:kept"});
    EXPECT_EQ((*pods.label_values)[pods.labelled[1].labels], LabelValues{"Volume:v" + std::to_string(i)});
    ASSERT_LT(pods.label_values->size(), 25U);
  }
}

TEST(Summary, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(try_parse("{}").error().message, "no member \"node\" in the summary");
  for (const char* text : {"", "[]", "{\"node\": 1}", "{\"node\": {\"cpu\": {\"usageCoreNanoSeconds\": -1}}}",
                           "{\"node\": {\"startTime\": \"yesterday\"}}", "{\"node\": {}, \"pods\": [1]}"}) {
    const Result<NodeBlock> block = try_parse(text);
    ASSERT_FALSE(block) << text;
    EXPECT_EQ(block.error().code, ErrorCode::kInvalid) << text;
  }
}

}  // namespace
}  // namespace kubevitals::usage
