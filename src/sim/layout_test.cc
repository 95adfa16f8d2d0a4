#include "sim/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "sim/catalog.h"
#include "sim/initial_state.h"
#include "sim/kind.h"

namespace kubevitals::sim {
namespace {

ClusterOptions options(std::uint32_t pods, std::uint32_t nodes = 0, std::uint32_t namespaces = 0) {
  ClusterOptions result;
  result.pods = pods;
  result.nodes = nodes;
  result.namespaces = namespaces;
  return result;
}

TEST(Layout, PlansExactlyAsManyPodsAsAskedFor) {
  for (const std::uint32_t pods : {0u, 1u, 2u, 7u, 29u, 100u, 999u, 5000u}) {
    for (const std::uint32_t nodes : {0u, 1u, 3u, 200u}) {
      for (const std::uint32_t namespaces : {0u, 1u, 2u, 60u}) {
        const Layout layout(options(pods, nodes, namespaces));
        const auto objects = initial_state(layout);
        EXPECT_EQ(objects[kPod].size(), pods);
        if (nodes != 0) {
          EXPECT_EQ(objects[kNode].size(), nodes);
        }
        if (namespaces != 0) {
          EXPECT_EQ(objects[kNamespace].size(), namespaces);
        }
      }
    }
  }
}

TEST(Layout, HasTheProportionsOfARealCluster) {
  const Layout layout(options(50'000));
  const auto objects = initial_state(layout);
  EXPECT_NEAR(static_cast<double>(objects[kNode].size()), 1700, 100);
  EXPECT_NEAR(static_cast<double>(objects[kReplicaSet].size()), 16'700, 2'000);
  EXPECT_NEAR(static_cast<double>(objects[kEndpointSlice].size()), 16'700, 4'000);
}

TEST(Layout, NoTwoObjectsOfAKindShareNameOrUid) {
  const Layout layout(options(3000));
  const auto objects = initial_state(layout);
  for (unsigned kind = 0; kind < kComputedKinds; ++kind) {
    std::set<std::string> keys, uids;
    for (const Version& version : objects[kind]) {
      EXPECT_TRUE(keys.insert(key_of(layout, kind, version)).second) << key_of(layout, kind, version);
      EXPECT_TRUE(uids.insert(uid_of(layout, kind, version)).second);
    }
  }
}

TEST(Layout, PodsAreOnNodesThatExistAndDaemonsOnEach) {
  const Layout layout(options(400, 40));
  std::set<std::uint32_t> daemons;
  const auto objects = initial_state(layout);
  for (const Version& pod : objects[kPod]) {
    if (pod.number == kNone) continue;
    ASSERT_LT(pod.number, layout.node_count());
    if (pod.subject == 0 && layout.workload(0).kind == WorkloadKind::kDaemonSet) daemons.insert(pod.number);
  }
  EXPECT_GE(daemons.size(), 38u);  // some may be unschedulable
}

TEST(Random, MakesUidsOfVersionFour) {
  EXPECT_THAT(make_uid(0x123456789abcdef0),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(make_uid(1), make_uid(2));
}

TEST(Version, IsSmall) {
  // 100,000 pods bring 130,000 other objects; each costs a Version and four bytes.
  EXPECT_LE(sizeof(Version), 72u);
}

}  // namespace
}  // namespace kubevitals::sim
