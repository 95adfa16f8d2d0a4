#include "usage/sources/resource/resource.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kNow = 1'000'000'000'000;

Result<NodeBlock> try_parse(std::string_view text, const NodeBlock* before = nullptr) {
  const PaddedText body(text);
  return parse_resource({body.view(), make_node("n"), before, kNow});
}

NodeBlock parse(std::string_view text, const NodeBlock* before = nullptr) {
  Result<NodeBlock> block = try_parse(text, before);
  EXPECT_TRUE(block) << (block ? "" : block.error().message);
  return block ? std::move(*block) : NodeBlock{};
}

TEST(ResourceMetrics, AnyOrderOfLabelsAndFamilies) {
  const NodeBlock block = parse(
      "container_memory_working_set_bytes{pod=\"p\",zone=\"z\",namespace=\"x\",container=\"b\"} 2e3 7000\n"
      "container_cpu_usage_seconds_total{namespace=\"x\",container=\"b\",pod=\"p\"} 1.5 6000\n"
      "container_cpu_usage_seconds_total{container=\"a\",namespace=\"x\",pod=\"q\"} 0.25 5000\n"
      "container_start_time_seconds{container=\"b\",namespace=\"x\",pod=\"p\"} 990.5\n"
      "something_else{container=\"b\",namespace=\"x\",pod=\"p\"} 1 2\n"
      "node_cpu_usage_seconds_total 3\n");
  ASSERT_EQ(block.containers.rows(), 2U);
  EXPECT_EQ(block.container_rows[0].name->name, "b");
  EXPECT_EQ(block.pod_rows[block.container_rows[0].pod].name->name, "p");
  EXPECT_EQ(block.pod_rows[block.container_rows[1].pod].name->name, "q");
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 0), 1'500'000'000);
  EXPECT_EQ(block.containers.get(Metric::kMemoryWorkingSet, 0), 2000);
  EXPECT_EQ(block.containers.get(Metric::kMemoryUsage, 0), kAbsent);
  EXPECT_EQ(block.containers.scrape_time(0), 6'000'000'000) << "the CPU's time counts";
  EXPECT_EQ(block.containers.start_time(0), 990'500'000'000);
  EXPECT_EQ(block.containers.get(Metric::kUptime, 0), 9500);
  EXPECT_EQ(block.containers.get(Metric::kUptime, 1), kAbsent);
  EXPECT_EQ(block.containers.start_time(1), kNoTime);
  EXPECT_EQ(block.node.scrape_time(0), kNow) << "a sample without a time is as old as the answer";
  EXPECT_EQ(block.pods.get(Metric::kCpuUsage, 0), kAbsent);
}

TEST(ResourceMetrics, ContainersOfOneNameInManyPods) {
  std::string text;
  for (const char* family : {"container_cpu_usage_seconds_total", "container_memory_working_set_bytes"}) {
    for (const char* pod : {"p", "q", "p"}) {
      for (const char* name : {"a", "b"}) {
        text.append(family).append("{container=\"").append(name).append("\",namespace=\"x\",pod=\"");
        text.append(pod).append("\"} ").append(pod[0] == 'p' ? "1" : "2").append(" 1\n");
      }
    }
  }
  text += "pod_cpu_usage_seconds_total{namespace=\"y\",pod=\"p\"} 9 1\n";
  const NodeBlock block = parse(text);
  EXPECT_EQ(block.containers.rows(), 4U);
  ASSERT_EQ(block.pods.rows(), 3U);
  EXPECT_EQ(block.pod_rows[2].name->namespace_, "y");
  for (std::uint32_t row = 0; row < 4; ++row) {
    const std::int64_t wanted = block.container_rows[row].pod == 0 ? 1 : 2;
    EXPECT_EQ(block.containers.get(Metric::kMemoryWorkingSet, row), wanted);
  }
}

TEST(ResourceMetrics, FamiliesThatLeaveOutSome) {
  const auto line = [](const std::string& family, const std::string& pod, const std::string& container,
                       int value) {
    const std::string first = container.empty() ? "" : "container=\"" + container + "\",";
    return family + "{" + first + "namespace=\"x\",pod=\"" + pod + "\"} " + std::to_string(value) + " 1000\n";
  };
  const std::string cpu = "container_cpu_usage_seconds_total", memory = "container_memory_working_set_bytes";
  // The texts of the labels of a pod and of a container that says no name of its own are the same.
  const NodeBlock block = parse(
      line(cpu, "p", "a", 1) + line(cpu, "p", "b", 2) + line(cpu, "q", "a", 3) + line(cpu, "r", "a", 4) +
      line(memory, "p", "b", 20) + line(memory, "q", "a", 30) + line(memory, "p", "a", 10) +
      line(memory, "s", "a", 50) + line(memory, "r", "a", 40) +
      line("pod_cpu_usage_seconds_total", "q", "", 300) + line("pod_cpu_usage_seconds_total", "p", "", 100) +
      line(memory, "q", "", 7) + line("pod_memory_working_set_bytes", "q", "", 3000) +
      line("pod_memory_working_set_bytes", "p", "", 1000));
  std::map<std::string, std::pair<Value, Value>> found;
  for (std::uint32_t row = 0; row < block.containers.rows(); ++row) {
    const NodeBlock::Container& container = block.container_rows[row];
    found[block.pod_rows[container.pod].name->name + "/" + container.name->name] = {
        block.containers.get(Metric::kCpuUsage, row), block.containers.get(Metric::kMemoryWorkingSet, row)};
  }
  for (std::uint32_t row = 0; row < block.pods.rows(); ++row) {
    if (block.pods.get(Metric::kCpuUsage, row) == kAbsent) continue;
    found[block.pod_rows[row].name->name] = {block.pods.get(Metric::kCpuUsage, row),
                                             block.pods.get(Metric::kMemoryWorkingSet, row)};
  }
  constexpr Value kSecond = 1'000'000'000;
  const std::map<std::string, std::pair<Value, Value>> want{
      {"p/a", {kSecond, 10}},      {"p/b", {2 * kSecond, 20}}, {"q/a", {3 * kSecond, 30}},
      {"r/a", {4 * kSecond, 40}},  {"s/a", {kAbsent, 50}},     {"p", {100 * kSecond, 1000}},
      {"q", {300 * kSecond, 3000}}};
  EXPECT_EQ(found, want);
}

TEST(ResourceMetrics, EscapesInNames) {
  const NodeBlock block =
      parse(R"(container_cpu_usage_seconds_total{container="a\"b\\",namespace="x",pod="p"} 1 1
container_memory_working_set_bytes{container="a\"b\\",namespace="x",pod="p"} 1 1
)");
  ASSERT_EQ(block.containers.rows(), 1U);
  EXPECT_EQ(block.container_rows[0].name->name, "a\"b\\");
}

TEST(ResourceMetrics, ZeroIsKeptAndNonsenseIsNot) {
  const NodeBlock block = parse(
      "container_cpu_usage_seconds_total{container=\"a\",namespace=\"x\",pod=\"p\"} 0 1\n"
      "container_memory_working_set_bytes{container=\"a\",namespace=\"x\",pod=\"p\"} NaN 1\n"
      "container_cpu_usage_seconds_total{container=\"b\",namespace=\"x\",pod=\"p\"} -1 1\n"
      "container_cpu_usage_seconds_total{container=\"c\",namespace=\"x\",pod=\"p\"} 1e300 1\n"
      "container_start_time_seconds{container=\"c\",namespace=\"x\",pod=\"p\"} +Inf\n"
      "container_cpu_usage_seconds_total{container=\"d\",namespace=\"x\",pod=\"p\"} 1 9223372036854775807\n"
      "container_cpu_usage_seconds_total{container=\"\",namespace=\"x\",pod=\"p\"} 1 1\n"
      "container_cpu_usage_seconds_total{container=\"e\",namespace=\"x\"} 1 1\n"
      "pod_cpu_usage_seconds_total{namespace=\"\",pod=\"p\"} 1 1\n");
  EXPECT_EQ(block.containers.rows(), 4U);
  EXPECT_EQ(block.pods.rows(), 1U);
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 0), 0);
  EXPECT_EQ(block.containers.get(Metric::kMemoryWorkingSet, 0), kAbsent);
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 1), kAbsent);
  EXPECT_EQ(block.containers.get(Metric::kCpuUsage, 2), kAbsent);
  EXPECT_EQ(block.containers.start_time(2), kNoTime);
  EXPECT_EQ(block.containers.scrape_time(3), kNow);
}

TEST(ResourceMetrics, NamesAreSharedWithTheBlockBefore) {
  const char* text =
      "container_cpu_usage_seconds_total{container=\"a\",namespace=\"x\",pod=\"p\"} 1 1\n"
      "container_cpu_usage_seconds_total{container=\"b\",namespace=\"x\",pod=\"p\"} 1 1\n";
  const NodeBlock before = parse(text);
  const NodeBlock block = parse(text, &before);
  EXPECT_EQ(block.pod_rows[0].name, before.pod_rows[0].name);
  EXPECT_EQ(block.container_rows[1].name, before.container_rows[1].name);
}

TEST(ResourceMetrics, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(try_parse("").error().message, "no resource metrics in the answer");
  EXPECT_EQ(try_parse("scrape_error 1\n").error().message, "no resource metrics in the answer");
  EXPECT_EQ(try_parse("a 1\n<html>").error().message,
            "not the metrics that were expected: line 2: expected a metric's name");
}

}  // namespace
}  // namespace kubevitals::usage
