#include "usage/sinks/metric/metric_sink.h"

#include <gtest/gtest.h>

#include <limits>

#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kEver = std::numeric_limits<Nanos>::max();
using Names = std::vector<std::string>;

class MetricSinkTest : public testing::Test {
 protected:
  MetricSinkTest() {
    cluster_.add_node("n1", "host1");
    cluster_.add_node("n2");
    cluster_.add_pod("ns", "p", "n1", {"a", "b"});
  }

  // Scrapes both nodes, the pod on `node`, and stores the batch; the CPU of container a is at 1 core.
  void cycle(std::int64_t time, const std::string& node = "n1") {
    for (const std::string name : {"n1", "n2"}) {
      TestScrape one{name, time, {"", {}, static_cast<double>(time), 1000 + time}, {}};
      const TestContainer a{"a", {}, static_cast<double>(time), 10 + time};
      const TestContainer b{"b", {}, 1, 5};
      if (name == node) one.pods.push_back({"ns", "p", {a, b}});
      cluster_.scrape(one);
    }
    const Nanos now = (kDayOne + time) * kSecondNanos;
    sink_.store(cluster_.batch(now), now);
  }

  // "time=value …", times in seconds since kDayOne.
  static std::string text(const MetricSink::Points& points) {
    std::string text;
    for (const MetricSink::Point& point : points) {
      const bool is_float = point.type == ValueType::kFloat;
      text.append(text.empty() ? "" : " ")
          .append(std::to_string(point.time / kSecondNanos - kDayOne))
          .append("=");
      text.append(is_float ? std::to_string(as_float(point.value)) : std::to_string(point.value));
    }
    return text;
  }
  std::string points(const SetName& set, std::string_view metric, Nanos start = 0, Nanos end = kEver) const {
    return text(sink_.points(std::span(&set, 1), metric, start, end).front());
  }

  TestCluster cluster_;
  MetricSink sink_{cluster_.directory()};
  const SetName pod_{SetType::kPod, {}, "ns", "p", {}};
  const SetName container_{SetType::kPodContainer, {}, "ns", "p", "a"};
  const SetName node_{SetType::kNode, "n1", {}, {}, {}};
  const SetName system_{SetType::kSystemContainer, "n1", {}, {}, "kubelet"};
};

TEST_F(MetricSinkTest, FindsEachTypeOfSet) {
  cycle(60);
  cycle(120);
  EXPECT_EQ(points(node_, "memory/working_set"), "60=1060 120=1120");
  EXPECT_EQ(points(system_, "memory/working_set"), "60=1060 120=1120");
  EXPECT_EQ(points(container_, "memory/working_set"), "60=70 120=130");
  EXPECT_EQ(points(pod_, "memory/working_set"), "60=75 120=135");
  EXPECT_EQ(points({SetType::kNamespace, {}, "ns", {}, {}}, "cpu/request"), "60=0 120=0");
  EXPECT_EQ(points({SetType::kCluster, {}, {}, {}, {}}, "cpu/request"), "60=0 120=0");
  EXPECT_EQ(points(node_, "cpu/node_utilization"), "120=0.250000");
  for (const auto& [set, expected] :
       {std::pair(node_, "60=1060 120=1120"), std::pair(system_, "60=1060 120=1120"),
        std::pair(container_, "60=70 120=130"), std::pair(pod_, "60=75 120=135")}) {
    EXPECT_EQ(points(set, "memory/usage"), expected) << "from the long store";
    EXPECT_EQ(points(set, "cpu/usage_rate"), "120=1000");
  }
  EXPECT_EQ(points({SetType::kNamespace, {}, "ns", {}, {}}, "memory/usage"), "60=75 120=135");
  EXPECT_EQ(points({SetType::kCluster, {}, {}, {}, {}}, "cpu/usage_rate"), "120=1000");
}

TEST_F(MetricSinkTest, WhatIsNotThereHasNoPoints) {
  EXPECT_EQ(points(node_, "memory/usage"), "");
  EXPECT_EQ(sink_.nodes(), Names());
  EXPECT_EQ(sink_.latest(), nullptr);
  cycle(60);
  for (const char* metric : {"memory/usage", "memory/rss", "no/such", "filesystem/usage", ""}) {
    EXPECT_EQ(points({SetType::kNode, "n3", {}, {}, {}}, metric), "");
    EXPECT_EQ(points({SetType::kPod, {}, "ns", "q", {}}, metric), "");
    EXPECT_EQ(points({SetType::kPodContainer, {}, "ns", "p", "c"}, metric), "");
    EXPECT_EQ(points({SetType::kSystemContainer, "n1", {}, {}, "x"}, metric), "");
    EXPECT_EQ(points({SetType::kNamespace, {}, "x", {}, {}}, metric), "");
  }
  EXPECT_EQ(points(node_, "filesystem/usage"), "") << "has labels";
  EXPECT_EQ(sink_.metric_names({SetType::kPod, {}, "ns", "q", {}}), Names());
}

TEST_F(MetricSinkTest, StartAndEndAreIncluded) {
  for (const int time : {60, 120, 180}) cycle(time);
  const auto at = [](std::int64_t time) { return (kDayOne + time) * kSecondNanos; };
  EXPECT_EQ(points(node_, "memory/usage", at(60), at(120)), "60=1060 120=1120");
  EXPECT_EQ(points(node_, "memory/working_set", at(61), at(180)), "120=1120 180=1180");
  EXPECT_EQ(points(node_, "memory/working_set", at(181)), "");
}

TEST_F(MetricSinkTest, HostnamesAreAccepted) {
  cycle(60);
  EXPECT_EQ(points({SetType::kNode, "host1", {}, {}, {}}, "memory/rss"), points(node_, "memory/rss"));
  EXPECT_EQ(points({SetType::kNode, "host1", {}, {}, {}}, "memory/usage"), "60=1060");
  EXPECT_EQ(sink_.nodes(), (Names{"n1", "n2"}));
  EXPECT_EQ(sink_.system_containers("host1"), Names{"kubelet"});
}

TEST_F(MetricSinkTest, APodThatMovedIsFoundWhereItWas) {
  cycle(60, "n1");
  cluster_.add_pod("ns", "p", "n2", {"a", "b"});
  cycle(120, "n2");
  EXPECT_EQ(points(container_, "memory/working_set"), "60=70 120=130");
  EXPECT_EQ(points(container_, "memory/usage"), "60=70 120=130");
  cluster_.remove_pod("ns", "p");
  EXPECT_EQ(points(container_, "memory/usage"), "60=70 120=130");
  EXPECT_EQ(sink_.containers("ns", "p"), (Names{"a", "b"}));
}

TEST_F(MetricSinkTest, ManySetsAtOnce) {
  cycle(60);
  const SetName sets[] = {pod_, {SetType::kPod, {}, "ns", "gone", {}}, container_, pod_};
  const auto found = sink_.points(sets, "memory/working_set", 0, kEver);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(text(found[0]), "60=75");
  EXPECT_EQ(text(found[1]), "");
  EXPECT_EQ(text(found[2]), "60=70");
  EXPECT_EQ(text(found[3]), "60=75");
}

TEST_F(MetricSinkTest, LabelledValuesNeedAllTheirLabels) {
  cycle(60);
  const auto labelled = [&](const MetricSink::Labels& labels) {
    return text(sink_.labelled_points(std::span(&node_, 1), "filesystem/usage", labels, 0, kEver).front());
  };
  EXPECT_EQ(labelled({{"resource_id", "/"}}), "60=5");
  EXPECT_EQ(labelled({{"resource_id", "logs"}}), "");
  EXPECT_EQ(labelled({{"make", "/"}}), "");
  EXPECT_EQ(labelled({{"resource_id", "/"}, {"make", ""}}), "");
}

TEST_F(MetricSinkTest, Lists) {
  cycle(60);
  EXPECT_EQ(sink_.keys(),
            (Names{"cluster", "namespace:ns", "namespace:ns/pod:p", "namespace:ns/pod:p/container:a",
                   "namespace:ns/pod:p/container:b", "node:n1", "node:n1/container:kubelet", "node:n2",
                   "node:n2/container:kubelet"}));
  EXPECT_EQ(sink_.namespaces(), Names{"ns"});
  EXPECT_EQ(sink_.pods("ns"), Names{"p"});
  EXPECT_EQ(sink_.pods("x"), Names());
  EXPECT_EQ(sink_.containers("ns", "q"), Names());
  EXPECT_EQ(sink_.system_containers("n3"), Names());
  const Names of_cluster = sink_.metric_names({SetType::kCluster, {}, {}, {}, {}});
  EXPECT_EQ(of_cluster,
            (Names{"cpu/limit", "cpu/request", "memory/limit", "memory/request", "memory/usage"}));
}

TEST_F(MetricSinkTest, OldBatchesGo) {
  for (int time = 60; time <= 960; time += 60) cycle(time);
  EXPECT_EQ(points(node_, "memory/working_set"), "840=1840 900=1900 960=1960");
  EXPECT_EQ(points(node_, "memory/usage", 0, (kDayOne + 130) * kSecondNanos), "120=1120");
  EXPECT_EQ(sink_.batches().size(), 3U);
  EXPECT_EQ(sink_.latest()->timestamp, (kDayOne + 960) * kSecondNanos);
}

TEST(LongStore, HugeValues) {
  auto block = std::make_shared<NodeBlock>();
  NodeInfo node;
  node.name = "n";
  block->info = std::make_shared<const NodeInfo>(node);
  block->node.set(Metric::kCpuUsageRate, block->node.add_row(0, 0), 5'000'000'000);
  Batch batch;
  batch.nodes.push_back(block);
  const LongBatch kept(batch, nullptr);
  EXPECT_EQ(kept.get(Metric::kCpuUsageRate, kept.nodes()[0], SetType::kNode, 0), 4'294'967'294);
  EXPECT_EQ(kept.get(Metric::kMemoryUsage, kept.nodes()[0], SetType::kNode, 0), kAbsent);
  EXPECT_EQ(kept.get(Metric::kCpuUsageRate, SetName{}), kAbsent) << "there is no cluster";
}

// The goal of the design: 15 batches of 94,000 sets.
TEST(LongStore, FifteenMinutesOfThousandNodesStayBelow25Megabytes) {
  auto batch = std::make_shared<Batch>();
  const auto app = std::make_shared<const ContainerName>(ContainerName{"app", ""});
  for (int node = 0; node < 1000; ++node) {
    auto block = std::make_shared<NodeBlock>();
    NodeInfo info;
    info.name = "node-" + std::to_string(1000 + node);
    block->info = std::make_shared<const NodeInfo>(info);
    block->node.add_row(0, 0);
    block->system_names = {"docker-daemon", "kubelet", "pods"};
    for (int i = 0; i < 3; ++i) block->system.add_row(0, 0);
    for (std::uint32_t pod = 0; pod < 30; ++pod) {
      PodName name{"default", "service-" + std::to_string(node) + "-" + std::to_string(pod), ""};
      block->pod_rows.push_back({std::make_shared<const PodName>(name), nullptr, nullptr});
      block->pods.add_row(0, 0);
      for (int i = 0; i < 2; ++i) {
        block->container_rows.push_back({pod, app});
        block->containers.set(Metric::kMemoryUsage, block->containers.add_row(0, 0), i);
      }
    }
    batch->nodes.push_back(block);
  }
  TestCluster cluster;
  MetricSink sink(cluster.directory());
  for (int i = 0; i < 15; ++i) {
    auto next = std::make_shared<Batch>(*batch);
    next->timestamp = i * 60 * kSecondNanos;
    sink.store(next, next->timestamp);
  }
  EXPECT_LT(sink.long_store_bytes(), 25'000'000U);
  EXPECT_GT(sink.long_store_bytes(), 15U * 94'000 * 12) << "all of them are there";
}

}  // namespace
}  // namespace kubevitals::usage
