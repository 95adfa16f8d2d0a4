// Each step alone, over small blocks made by hand.
#include <gtest/gtest.h>

#include <map>

#include "usage/batch_fixture.h"
#include "usage/processors/processor.h"
#include "usage/sources/block_builder.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

using Values = std::map<Metric, Value>;

void set_all(Table& table, std::uint32_t row, Nanos time, Nanos start, const Values& values) {
  table.set_times(row, time, start);
  for (const auto& [metric, value] : values) table.set(metric, row, value);
}

// One node with a pod "p" of two containers.
class Step : public testing::Test {
 protected:
  NodeBlock block(Nanos time, const Values& a, const Values& b = {}, const Values& pod = {},
                  Nanos start = 1) {
    BlockBuilder builder(node_, nullptr);
    const std::uint32_t row = builder.pod("x", "p", "uid");
    const std::uint32_t first = builder.container(row, "a", {});
    const std::uint32_t second = builder.container(row, "b", {});
    set_all(builder.block().pods, row, time, start, pod);
    set_all(builder.block().containers, first, time, start, a);
    set_all(builder.block().containers, second, time, start, b);
    builder.block().node.add_row(time, start);
    return builder.finish();
  }
  Value rate(const NodeBlock& before, NodeBlock now, Metric metric = Metric::kCpuUsageRate) {
    calculate_rates(now, {&before, directory_});
    return now.containers.get(metric, 0);
  }
  BlockContext context() const { return {nullptr, directory_}; }

  std::shared_ptr<NodeInfo> node_ = std::make_shared<NodeInfo>(*make_node("n"));
  Directory directory_;
};

using RateCalculator = Step;

TEST_F(RateCalculator, IsTheDifferenceOverTheDatasOwnTime) {
  const NodeBlock before = block(10 * kSecond, {{Metric::kCpuUsage, 5}, {Metric::kMemoryPageFaults, 1}});
  const NodeBlock now =
      block(12 * kSecond, {{Metric::kCpuUsage, 5 + 3 * kSecond - 1}, {Metric::kMemoryPageFaults, 2}});
  EXPECT_EQ(rate(before, now), 1499) << "whole millicores";
  EXPECT_EQ(as_float(rate(before, now, Metric::kMemoryPageFaultsRate)), 0.5);
  EXPECT_EQ(rate(before, now, Metric::kNetworkRxRate), kAbsent);
}

TEST_F(RateCalculator, ThereIsNoneWhereNothingCanBeSaid) {
  const Values five{{Metric::kCpuUsage, 5}};
  const Values six{{Metric::kCpuUsage, 6 + kSecond}};
  const NodeBlock before = block(10 * kSecond, five);
  EXPECT_EQ(rate(before, block(11 * kSecond, six)), 1000);
  EXPECT_EQ(rate(before, block(11 * kSecond, five)), 0);
  EXPECT_EQ(rate(before, block(10 * kSecond, six)), kAbsent) << "the same time";
  EXPECT_EQ(rate(before, block(9 * kSecond, six)), kAbsent) << "an earlier time";
  EXPECT_EQ(rate(before, block(kNoTime, six)), kAbsent);
  EXPECT_EQ(rate(block(kNoTime, five), block(11 * kSecond, six)), kAbsent);
  EXPECT_EQ(rate(before, block(11 * kSecond, six, {}, {}, 2)), kAbsent) << "started anew";
  EXPECT_EQ(rate(before, block(11 * kSecond, {{Metric::kCpuUsage, 4}})), kAbsent) << "went down";
  EXPECT_EQ(rate(before, block(11 * kSecond, {})), kAbsent);
  EXPECT_EQ(rate(block(10 * kSecond, {}), block(11 * kSecond, six)), kAbsent);
  constexpr Value kMost = std::numeric_limits<Value>::max();
  EXPECT_EQ(rate(block(1, {{Metric::kCpuUsage, -kMost}}), block(2, {{Metric::kCpuUsage, kMost}})), kAbsent);
  EXPECT_EQ(rate(block(1, {{Metric::kCpuUsage, 0}}), block(2, {{Metric::kCpuUsage, kMost}})),
            kMost / 1000 * 1000);
}

TEST_F(RateCalculator, RowsAreFoundByTheirNames) {
  const auto make = [this](const std::vector<std::string>& pods, Nanos time) {
    BlockBuilder builder(node_, nullptr);
    for (const std::string& name : pods) {
      const std::uint32_t container = builder.container(builder.pod("x", name, {}), "c", {});
      const Value counter = time + std::stoi(name) * kSecond * (time / kSecond);
      set_all(builder.block().containers, container, time, 1, {{Metric::kCpuUsage, counter}});
      const std::uint32_t system = builder.system_container(name);
      set_all(builder.block().system, system, time, 1, {{Metric::kCpuUsage, counter}});
    }
    return builder.finish();
  };
  const NodeBlock before = make({"1", "2", "3", "4", "5", "6", "7", "8", "9"}, kSecond);
  NodeBlock now = make({"9", "20", "3", "1", "8"}, 2 * kSecond);
  calculate_rates(now, {&before, directory_});
  const std::vector<Value> wanted{10'000, kAbsent, 4'000, 2'000, 9'000};
  for (std::uint32_t row = 0; row < wanted.size(); ++row) {
    EXPECT_EQ(now.containers.get(Metric::kCpuUsageRate, row), wanted[row]);
    EXPECT_EQ(now.system.get(Metric::kCpuUsageRate, row), wanted[row]);
  }
}

TEST_F(RateCalculator, LabelledCountersByTheirLabels) {
  const auto make = [this](Nanos time, std::vector<std::pair<std::string, Value>> disks) {
    BlockBuilder builder(node_, nullptr);
    builder.block().node.add_row(time, 1);
    for (const auto& [disk, value] : disks) {
      const std::uint16_t label = builder.node_labels().add({disk});
      builder.block().node.labelled.push_back({0, Metric::kDiskIoRead, label, value});
      builder.block().node.labelled.push_back({0, Metric::kFilesystemUsage, label, value});
    }
    return builder.finish();
  };
  const NodeBlock before = make(kSecond, {{"sda", 10}, {"sdb", 20}, {"sdc", 30}});
  NodeBlock now = make(3 * kSecond, {{"sdb", 22}, {"sdd", 5}, {"sdc", 1}});
  calculate_rates(now, {&before, directory_});
  ASSERT_EQ(now.node.labelled.size(), 7U);
  const LabelledValue& rate = now.node.labelled.back();
  EXPECT_EQ(rate.metric, Metric::kDiskIoReadRate);
  EXPECT_EQ((*now.node.label_values)[rate.labels], LabelValues{"sdb"});
  EXPECT_EQ(as_float(rate.value), 1.0);
}

TEST_F(RateCalculator, PodsOfAClassicSourceHaveOnlyTheNetworksRates) {
  const auto make = [this](Nanos time, Value counter) {
    NodeBlock made = block(time, {{Metric::kCpuUsage, counter}}, {},
                           {{Metric::kCpuUsage, counter}, {Metric::kNetworkRx, counter}});
    made.classic = true;
    return made;
  };
  const NodeBlock before = make(kSecond, 0);
  NodeBlock now = make(2 * kSecond, kSecond);
  calculate_rates(now, {&before, directory_});
  EXPECT_EQ(now.pods.get(Metric::kCpuUsageRate, 0), kAbsent);
  EXPECT_EQ(as_float(now.pods.get(Metric::kNetworkRxRate, 0)), 1e9);
  aggregate_pods(now, context());
  EXPECT_EQ(now.pods.get(Metric::kCpuUsageRate, 0), 1000) << "the containers'";
}

using PodBasedEnricher = Step;

constexpr std::string_view kPods = R"({"items": [{
  "metadata": {"namespace": "x", "name": "p", "uid": "api-uid", "labels": {"app": "web"}},
  "spec": {"nodeName": "n", "containers": [
    {"name": "a", "image": "image-a", "resources": {"requests": {"cpu": "100m", "example.com/gpu": "2"},
                                                    "limits": {"memory": "1Ki"}}},
    {"name": "late", "image": "image-late", "resources": {"requests": {"memory": "5", "example.com/gpu": "1"}}}]},
  "status": {"containerStatuses": [{"name": "a", "restartCount": 4}]}}]})";

TEST_F(PodBasedEnricher, AddsWhatTheApiServerSays) {
  add_pods(directory_, kPods);
  NodeBlock now = block(kSecond, {{Metric::kCpuUsage, 1}});
  enrich_from_pods(now, context());
  ASSERT_EQ(now.containers.rows(), 3U) << "one that the kubelet does not report gets a row";
  EXPECT_EQ(now.pod_rows[0].info->name->uid, "api-uid");
  EXPECT_EQ(now.pod_rows[0].name, now.pod_rows[0].info->name) << "the same one, not an equal one";
  EXPECT_EQ(now.container_rows[0].name->image, "image-a");
  EXPECT_EQ(now.containers.get(Metric::kCpuRequest, 0), 100);
  EXPECT_EQ(now.containers.get(Metric::kCpuLimit, 0), 0);
  EXPECT_EQ(now.containers.get(Metric::kMemoryLimit, 0), 1024);
  EXPECT_EQ(now.containers.get(Metric::kRestartCount, 0), 4);
  EXPECT_EQ(now.containers.get(Metric::kCpuRequest, 1), kAbsent) << "of this one it does not know";
  EXPECT_EQ(now.container_rows[2].name->name, "late");
  EXPECT_EQ(now.containers.get(Metric::kMemoryRequest, 2), 5);
  EXPECT_EQ(now.containers.get(Metric::kRestartCount, 2), kAbsent);
  EXPECT_EQ(now.containers.scrape_time(2), kNoTime);
  ASSERT_EQ(now.containers.extra.size(), 2U);
  EXPECT_EQ((*now.containers.extra_names)[now.containers.extra[0].name], "example.com/gpu/request");
  aggregate_pods(now, context());
  ASSERT_EQ(now.pods.extra.size(), 1U);
  EXPECT_EQ(now.pods.extra[0].value, 3);
  EXPECT_EQ(now.pods.get(Metric::kRestartCount, 0), 4);
  EXPECT_EQ(now.pods.get(Metric::kMemoryRequest, 0), 5);
}

TEST_F(PodBasedEnricher, KeepsTheImageThatAClassicSourceReports) {
  add_pods(directory_, kPods);
  BlockBuilder builder(node_, nullptr);
  builder.block().classic = true;
  const std::uint32_t pod = builder.pod("x", "p", {});
  builder.container(pod, "a", "running");
  builder.container(pod, "late", {});
  NodeBlock now = builder.finish();
  enrich_from_pods(now, context());
  EXPECT_EQ(now.container_rows[0].name->image, "running");
  EXPECT_EQ(now.container_rows[1].name->image, "image-late");
}

TEST_F(PodBasedEnricher, WhatThePodRanIsForgottenWithThePod) {
  BlockBuilder builder(node_, nullptr);
  builder.container(builder.pod("x", "gone", {}), "a", "of the block before");
  NodeBlock now = builder.finish();
  enrich_from_pods(now, context());
  EXPECT_EQ(now.container_rows[0].name->name, "a");
  EXPECT_EQ(now.container_rows[0].name->image, "");
}

TEST_F(PodBasedEnricher, APodThatOnlyTheKubeletKnowsStays) {
  NodeBlock now = block(kSecond, {{Metric::kCpuUsage, 1}});
  enrich_from_pods(now, context());
  enrich_from_namespaces(now, context());
  EXPECT_EQ(now.containers.rows(), 2U);
  EXPECT_EQ(now.pod_rows[0].info, nullptr);
  EXPECT_EQ(now.pod_rows[0].namespace_uid, nullptr);
}

TEST_F(Step, NamespacesGiveTheirUid) {
  add_namespaces(directory_, R"({"items": [{"metadata": {"name": "x", "uid": "u"}}]})");
  NodeBlock now = block(kSecond, {});
  enrich_from_namespaces(now, context());
  EXPECT_EQ(*now.pod_rows[0].namespace_uid, "u");
}

using PodAggregator = Step;

TEST_F(PodAggregator, SumsWhatThePodDoesNotReport) {
  NodeBlock now = block(
      kSecond,
      {{Metric::kCpuUsage, 1},
       {Metric::kMemoryUsage, 10},
       {Metric::kMemoryRss, 3},
       {Metric::kUptime, 5},
       {Metric::kMemoryPageFaultsRate, from_float(0.5)}},
      {{Metric::kCpuUsage, 2}, {Metric::kMemoryUsage, 20}, {Metric::kMemoryPageFaultsRate, from_float(0.25)}},
      {{Metric::kMemoryUsage, 100}});
  aggregate_pods(now, context());
  EXPECT_EQ(now.pods.get(Metric::kMemoryUsage, 0), 100);
  EXPECT_EQ(now.pods.get(Metric::kMemoryRss, 0), 3);
  EXPECT_EQ(as_float(now.pods.get(Metric::kMemoryPageFaultsRate, 0)), 0.75);
  EXPECT_EQ(now.pods.get(Metric::kCpuUsage, 0), kAbsent) << "no sums of counters";
  EXPECT_EQ(now.pods.get(Metric::kUptime, 0), kAbsent);
}

TEST_F(PodAggregator, SumsMetricsOutsideTheSchemaByType) {
  NodeBlock now = block(kSecond, {});
  Pool<std::string> names(nullptr);
  const std::uint16_t custom = names.add("custom/qps");
  now.containers.extra = {{0, custom, ValueType::kFloat, from_float(1.5)},
                          {1, custom, ValueType::kFloat, from_float(2)},
                          {1, custom, ValueType::kInt64, 7}};
  now.containers.extra_names = names.take();
  aggregate_pods(now, context());
  ASSERT_EQ(now.pods.extra.size(), 1U);
  EXPECT_EQ(as_float(now.pods.extra[0].value), 3.5);
}

TEST_F(Step, NodesSumRequestsAndLimitsOfTheirPods) {
  NodeBlock now = block(kSecond, {}, {},
                        {{Metric::kCpuRequest, 5}, {Metric::kMemoryLimit, 6}, {Metric::kMemoryUsage, 7}});
  now.pods.add_row(kNoTime, kNoTime);
  now.pods.set(Metric::kCpuRequest, 1, 10);
  aggregate_node(now, context());
  EXPECT_EQ(now.node.get(Metric::kCpuRequest, 0), 15);
  EXPECT_EQ(now.node.get(Metric::kMemoryLimit, 0), 6);
  EXPECT_EQ(now.node.get(Metric::kMemoryUsage, 0), kAbsent);
}

TEST_F(Step, NamespacesAndClusterSumPodsOfAllNodes) {
  Batch batch;
  for (const char* name : {"n1", "n2"}) {
    node_ = std::make_shared<NodeInfo>(*make_node(name));
    BlockBuilder builder(node_, nullptr);
    for (const char* space : {"z", "a"}) {
      set_all(builder.block().pods, builder.pod(space, name, {}), kSecond, 1,
              {{Metric::kMemoryUsage, space[0]}, {Metric::kMemoryRss, 1}});
    }
    batch.nodes.push_back(std::make_shared<const NodeBlock>(builder.finish()));
  }
  process_batch(batch, directory_);
  ASSERT_EQ(batch.namespaces.rows(), 2U);
  EXPECT_EQ(batch.namespace_rows[0].name, "a");
  EXPECT_EQ(batch.namespaces.get(Metric::kMemoryUsage, 0), 2 * 'a');
  EXPECT_EQ(batch.cluster.get(Metric::kMemoryUsage, 0), 2 * ('a' + 'z'));
  EXPECT_EQ(batch.cluster.get(Metric::kMemoryRss, 0), kAbsent);
  EXPECT_EQ(batch.cluster.get(Metric::kCpuUsageRate, 0), kAbsent);
}

using NodeAutoscalingEnricher = Step;

TEST_F(NodeAutoscalingEnricher, SharesOfWhatIsAllocatable) {
  node_->cpu_capacity = 4000;
  node_->cpu_allocatable = 2000;
  node_->memory_capacity = 100;
  node_->memory_allocatable = 0;
  NodeBlock now = block(kSecond, {});
  now.node.set(Metric::kCpuUsageRate, 0, 500);
  now.node.set(Metric::kMemoryUsage, 0, 50);
  enrich_nodes(now, context());
  const auto value = [&now](Metric metric) { return as_float(now.node.get(metric, 0)); };
  EXPECT_EQ(value(Metric::kNodeCpuCapacity), 4000);
  EXPECT_EQ(value(Metric::kNodeCpuAllocatable), 2000);
  EXPECT_EQ(value(Metric::kNodeCpuUtilization), 0.25);
  EXPECT_EQ(value(Metric::kNodeCpuReservation), 0);
  EXPECT_EQ(value(Metric::kNodeMemoryCapacity), 100);
  EXPECT_EQ(now.node.get(Metric::kNodeMemoryUtilization, 0), kAbsent) << "of nothing there is no share";
  EXPECT_EQ(now.node.get(Metric::kNodeEphemeralStorageCapacity, 0), kAbsent);
}

TEST_F(NodeAutoscalingEnricher, WhatIsNotKnownIsNoShare) {
  node_->cpu_capacity = node_->cpu_allocatable = 1000;
  NodeBlock now = block(kSecond, {});
  enrich_nodes(now, context());
  EXPECT_EQ(now.node.get(Metric::kNodeCpuUtilization, 0), kAbsent);
}

}  // namespace
}  // namespace kubevitals::usage
