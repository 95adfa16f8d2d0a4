#include "state/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

using ::testing::HasSubstr;

const kube::WatchScope kPodScope{
    .resource = kube::kPods, .namespace_ = "", .label_selector = "", .field_selector = ""};
const kube::WatchScope kNodeScope{
    .resource = kube::kNodes, .namespace_ = "", .label_selector = "", .field_selector = ""};
const std::vector<kube::WatchScope> kScopes{kPodScope, kNodeScope};

kube::FeedStats feed(const kube::WatchScope& scope, bool synced) {
  kube::FeedStats stats;
  stats.scope = scope;
  stats.synced = synced;
  return stats;
}

TEST(Readiness, NothingToFollowIsReady) {
  EXPECT_TRUE(readiness_of({}, {}).ready);
}

TEST(Readiness, AllFeedsMustHaveBeenComplete) {
  EXPECT_FALSE(readiness_of(kScopes, {}).ready);
  const Readiness half = readiness_of(kScopes, {feed(kPodScope, true), feed(kNodeScope, false)});
  EXPECT_FALSE(half.ready);
  EXPECT_EQ(half.explanation, "nodes: not complete yet\n");
  EXPECT_TRUE(readiness_of(kScopes, {feed(kPodScope, true), feed(kNodeScope, true)}).ready);
}

TEST(Readiness, FeedsOfOthersDoNotCount) {
  kube::WatchScope other = kPodScope;
  other.namespace_ = "x";
  EXPECT_FALSE(readiness_of(std::vector{kPodScope}, {feed(other, true)}).ready);
  EXPECT_TRUE(readiness_of(std::vector{kPodScope}, {feed(other, false), feed(kPodScope, true)}).ready);
}

TEST(Readiness, StaysWhenALaterAttemptFails) {
  kube::FeedStats stats = feed(kPodScope, true);
  stats.last_error = "cannot watch pods: connection refused";
  EXPECT_TRUE(readiness_of(std::vector{kPodScope}, {stats}).ready);
}

TEST(Readiness, AResourceThatMayNotBeListedIsNotWaitedFor) {
  kube::FeedStats stats = feed(kNodeScope, false);
  stats.last_error = "cannot list nodes: connection refused";
  stats.list_errors["connection"] = 1;
  EXPECT_FALSE(readiness_of(kScopes, {feed(kPodScope, true), stats}).ready);
  stats.last_error = "cannot list nodes: forbidden";
  stats.list_errors["403"] = 1;
  const Readiness readiness = readiness_of(kScopes, {feed(kPodScope, true), stats});
  EXPECT_TRUE(readiness.ready);
  EXPECT_THAT(readiness.explanation, HasSubstr("nodes: not waited for: cannot list nodes: forbidden"));
}

}  // namespace
}  // namespace kubevitals::state
