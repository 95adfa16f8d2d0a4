#include "state/metric_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

using Expressions = std::vector<std::string>;

bool enabled(const Expressions& allow, const Expressions& deny, const Expressions& opt_in,
             std::string_view name, bool is_opt_in = false) {
  FamilyInfo family;
  family.name = name;
  family.opt_in = is_opt_in;
  return *MetricFilter::create(allow, deny, opt_in)->enabled(family);
}

TEST(MetricFilter, LetsEverythingButOptInThroughWithoutLists) {
  EXPECT_TRUE(enabled({}, {}, {}, "kube_pod_info"));
  EXPECT_FALSE(enabled({}, {}, {}, "kube_pod_nodeselectors", true));
  EXPECT_TRUE(*MetricFilter().enabled(FamilyInfo{.name = "kube_pod_info"}));
}

TEST(MetricFilter, ExpressionsMatchAnywhere) {
  EXPECT_TRUE(enabled({"pod_i"}, {}, {}, "kube_pod_info"));
  EXPECT_FALSE(enabled({"^pod"}, {}, {}, "kube_pod_info"));
  EXPECT_FALSE(enabled({}, {"info$"}, {}, "kube_pod_info"));
  EXPECT_TRUE(enabled({}, {"info$"}, {}, "kube_pod_info_extra"));
}

TEST(MetricFilter, HasLookAround) {
  EXPECT_FALSE(enabled({}, {"^kube_(?!pod_)"}, {}, "kube_node_info"));
  EXPECT_TRUE(enabled({}, {"^kube_(?!pod_)"}, {}, "kube_pod_info"));
  EXPECT_TRUE(enabled({"(?<=pod_)info"}, {}, {}, "kube_pod_info"));
}

TEST(MetricFilter, AllowListDoesNotTurnOnOptInFamilies) {
  EXPECT_FALSE(enabled({"kube_pod_nodeselectors"}, {}, {}, "kube_pod_nodeselectors", true));
  EXPECT_TRUE(enabled({"kube_pod_nodeselectors"}, {}, {"nodesel"}, "kube_pod_nodeselectors", true));
  EXPECT_FALSE(enabled({"kube_pod_info"}, {}, {"nodesel"}, "kube_pod_nodeselectors", true));
  EXPECT_FALSE(enabled({}, {"nodesel"}, {"nodesel"}, "kube_pod_nodeselectors", true));
}

TEST(MetricFilter, RefusesBothLists) {
  const auto filter = MetricFilter::create({"a"}, {"b"}, {});
  ASSERT_FALSE(filter);
  EXPECT_THAT(filter.error().message, testing::HasSubstr("exclude each other"));
}

TEST(MetricFilter, RefusesBadExpressionsByName) {
  for (const auto& filter : {MetricFilter::create({"ok", "("}, {}, {}), MetricFilter::create({}, {"("}, {}),
                             MetricFilter::create({}, {}, {"("})}) {
    ASSERT_FALSE(filter);
    EXPECT_THAT(filter.error().message, testing::HasSubstr("cannot read the expression \"(\""));
  }
  // RE2 has no look-around.
  EXPECT_FALSE(MetricFilter::create({}, {}, {"(?!x)"}));
}

TEST(MetricFilter, ExpressionThatExplodesIsAnErrorAndNoHang) {
  const auto filter = MetricFilter::create({"^(([a-z])+.)+[A-Z]([a-z])+$"}, {}, {});
  ASSERT_TRUE(filter);
  const std::string name(64, 'a');
  const Result<bool> enabled = filter->enabled(FamilyInfo{.name = name});
  ASSERT_FALSE(enabled);
  EXPECT_THAT(enabled.error().message, testing::HasSubstr("too many steps"));
}

}  // namespace
}  // namespace kubevitals::state
