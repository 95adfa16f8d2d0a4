#include "usage/store/usage_store.h"

#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;

class UsageStoreTest : public testing::Test {
 protected:
  UsageStoreTest() { cluster_.add_node("n"); }

  // A scrape of a node that started long ago and whose CPU is at 0.5 cores, with these containers of one pod.
  void scrape(std::int64_t time, std::vector<TestContainer> containers) {
    TestScrape one{"n", time, {"", -90'000, 0.5 * static_cast<double>(time), 1 << 20}, {}};
    one.pods.push_back({"ns", "p", std::move(containers)});
    put(one);
  }
  void put(const TestScrape& scrape) { store_.put(cluster_.scrape(scrape)); }

  static std::string text(const std::optional<ResourceUse>& use) {
    if (!use) return "none";
    return std::to_string(use->cpu) + "n/" + std::to_string(use->window / kSecondNanos) + "s " +
           std::to_string(use->memory) + " @" + std::to_string(use->time / kSecondNanos - kDayOne);
  }
  // The pod's containers, or why there are none.
  std::string pod() const {
    const auto usage = store_.find("n");
    if (!usage) return "no node";
    const NodeUsage::Pod* const found = usage->find("ns", "p");
    if (found == nullptr) return "no pod";
    std::string all;
    for (std::uint32_t i = found->first; i < found->first + found->count; ++i) {
      const NodeUsage::Container& container = usage->containers[i];
      all.append(all.empty() ? "" : ", ")
          .append(usage->name_of(container) + " " +
                  text(container.has_use() ? std::optional(container.use) : std::nullopt));
    }
    return (found->complete != 0 ? "" : "incomplete: ") + all;
  }
  std::string node() const {
    const auto usage = store_.find("n");
    return usage ? text(usage->node) : "no node";
  }

  VirtualClock clock_;
  UsageStore store_{clock_, 60s};
  TestCluster cluster_;
};

TEST_F(UsageStoreTest, DifferencesOverTheDatasTimes) {
  scrape(60, {{"a", -500, 1, 100}, {"b", -500, 1, 50}});
  EXPECT_EQ(node(), "none");
  EXPECT_EQ(pod(), "incomplete: a none, b none");
  EXPECT_FALSE(store_.has_nodes());
  EXPECT_FALSE(store_.has_pods());
  scrape(120, {{"a", -500, 1.3, 110}, {"b", -500, 1.05, 60}});
  EXPECT_EQ(node(), "500000000n/60s 1048576 @120");
  EXPECT_EQ(pod(), "a 5000000n/60s 110 @120, b 833333n/60s 60 @120");
  EXPECT_TRUE(store_.has_nodes());
  EXPECT_TRUE(store_.has_pods());
}

TEST_F(UsageStoreTest, AYoungContainersStartIsAPointToo) {
  scrape(60, {{"old", 0, 1, 1}, {"young", 30, 1.5, 1}});
  EXPECT_EQ(pod(), "incomplete: old none, young 50000000n/30s 1 @60") << "60 s are the resolution, not less";
  scrape(120, {{"old", 0, 1, 1}, {"young", 30, 1.5, 1}});
  EXPECT_EQ(pod(), "old 0n/60s 1 @120, young 0n/60s 1 @120");
}

TEST_F(UsageStoreTest, AStartJustNowIsNone) {
  scrape(60, {{"a", 51, 1, 1}});
  EXPECT_EQ(pod(), "incomplete: a none");
  scrape(61, {{"a", 51, 1, 1}});
  EXPECT_EQ(pod(), "a 100000000n/10s 1 @61");
}

TEST_F(UsageStoreTest, AYoungNodesStartIsAPoint) {
  put({"n", 60, {"", 20, 80, 7}, {}});
  EXPECT_EQ(node(), "2000000000n/40s 7 @60");
}

TEST_F(UsageStoreTest, ARestartLeavesThePodOut) {
  scrape(60, {{"a", -500, 100, 1}, {"b", -500, 1, 1}});
  scrape(120, {{"a", 115, 1, 1}, {"b", -500, 1.6, 1}});
  EXPECT_EQ(pod(), "incomplete: a none, b 10000000n/60s 1 @120");
  scrape(180, {{"a", 115, 7, 1}, {"b", -500, 2.2, 1}});
  EXPECT_EQ(pod(), "a 100000000n/60s 1 @180, b 10000000n/60s 1 @180");
}

TEST_F(UsageStoreTest, ACounterThatGoesDownIsARestart) {
  scrape(60, {{"a", {}, 100, 1}});
  scrape(120, {{"a", {}, 1, 1}});
  EXPECT_EQ(pod(), "incomplete: a none");
}

TEST_F(UsageStoreTest, WithoutNewDataWhatWasSaidHolds) {
  scrape(60, {{"a", {}, 1, 1}});
  scrape(120, {{"a", {}, 7, 1}});
  scrape(120, {{"a", {}, 7, 1}});
  scrape(120, {{"a", {}, 7, 1}});
  EXPECT_EQ(pod(), "a 100000000n/60s 1 @120");
  EXPECT_EQ(node(), "500000000n/60s 1048576 @120");
}

TEST_F(UsageStoreTest, ZeroIsWhatCouldNotBeMeasured) {
  scrape(60, {{"a", {}, 1, 1}, {"b", {}, 0, 1}});
  EXPECT_EQ(pod(), "no pod");
  scrape(120, {{"a", {}, 1, 1}, {"b", {}, 1, 0}});
  EXPECT_EQ(pod(), "no pod");
  scrape(180, {{"a", {}, 2, 1}, {"b", {}, 2, 1}});
  EXPECT_EQ(pod(), "incomplete: a 16666666n/60s 1 @180, b none");
}

TEST_F(UsageStoreTest, ContainersThatTheKubeletDoesNotKnowDoNotCount) {
  cluster_.add_pod("ns", "p", "n", {"a", "waiting"});
  scrape(60, {{"a", {}, 1, 1}});
  scrape(120, {{"a", {}, 7, 1}});
  EXPECT_EQ(pod(), "a 100000000n/60s 1 @120");
}

TEST_F(UsageStoreTest, NewPodsWaitForTheirSecondScrape) {
  scrape(60, {});
  EXPECT_EQ(pod(), "no pod") << "it has no containers";
  scrape(120, {{"a", -500, 1, 1}});
  EXPECT_EQ(pod(), "incomplete: a none");
}

TEST_F(UsageStoreTest, FailedScrapesAreBridgedForThreeAndAHalfResolutions) {
  scrape(60, {{"a", {}, 1, 1}});
  scrape(120, {{"a", {}, 7, 1}});
  clock_.advance_to(clock_.now() + 210s);
  EXPECT_EQ(pod(), "a 100000000n/60s 1 @120");
  EXPECT_EQ(store_.snapshot().size(), 1U);
  clock_.advance_to(clock_.now() + 1s);
  EXPECT_EQ(pod(), "no node");
  EXPECT_EQ(store_.snapshot().size(), 0U);
  scrape(360, {{"a", {}, 13, 1}});
  EXPECT_EQ(pod(), "a 25000000n/240s 1 @360") << "over the gap";
}

TEST_F(UsageStoreTest, ANodeThatLeftIsForgotten) {
  scrape(60, {{"a", {}, 1, 1}});
  store_.remove("n");
  store_.remove("other");
  EXPECT_EQ(pod(), "no node");
  scrape(120, {{"a", {}, 1, 1}});
  EXPECT_EQ(pod(), "incomplete: a none");
}

TEST_F(UsageStoreTest, PodsOfManyNamespacesAreFound) {
  TestScrape one{"n", 60, {"", {}, 1, 1}, {}};
  for (const char* name : {"b/a", "a/z", "a/b", "c/c"}) {
    one.pods.push_back({std::string(name, 1), name + 2, {{"c", {}, 1, 1}}});
  }
  put(one);
  const auto usage = store_.find("n");
  ASSERT_EQ(usage->pods.size(), 4U);
  for (const char* name : {"b/a", "a/z", "a/b", "c/c"})
    EXPECT_NE(usage->find(std::string(name, 1), name + 2), nullptr);
  EXPECT_EQ(usage->find("a", "a"), nullptr);
  EXPECT_EQ(usage->find("z", "z"), nullptr);
}

}  // namespace
}  // namespace kubevitals::usage
