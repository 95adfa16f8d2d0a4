#include "state/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::string_view> names(const std::vector<SelectedResource>& selected) {
  std::vector<std::string_view> result;
  for (const SelectedResource& resource : selected) result.push_back(resource.resource->name);
  return result;
}

std::string error_of(const SelectionFlags& flags) {
  const auto selected = select_resources(flags);
  return selected ? "" : selected.error().message;
}

TEST(ParseAllowlists, ReadsResourcesAndKeys) {
  EXPECT_THAT(*parse_allowlists("pods=[app,team],nodes=[*],*=[]"),
              ElementsAre(Pair("*", IsEmpty()), Pair("nodes", ElementsAre("*")),
                          Pair("pods", ElementsAre("app", "team"))));
  EXPECT_THAT(*parse_allowlists(""), IsEmpty());
  EXPECT_THAT(*parse_allowlists("pods=[ app , a.b/c ], nodes=[x]"),
              ElementsAre(Pair("nodes", ElementsAre("x")), Pair("pods", ElementsAre("app", "a.b/c"))));
  EXPECT_THAT(*parse_allowlists("pods=[a],pods=[b]"), ElementsAre(Pair("pods", ElementsAre("b"))));
}

TEST(ParseAllowlists, AcceptsWhatTheIncumbentAccepts) {
  EXPECT_THAT(*parse_allowlists("pods"), IsEmpty());
  EXPECT_THAT(*parse_allowlists("pods=[a"), ElementsAre(Pair("pods", IsEmpty())));
  EXPECT_THAT(*parse_allowlists("pods=[ ]"), ElementsAre(Pair("pods", ElementsAre(""))));
}

TEST(ParseAllowlists, RefusesMalformedOnes) {
  for (const char* text :
       {"pods=[a] nodes=[b]", "pods=[a],pods=b]", "pods=[a]nodes=[b]", "pods[a]", "=", "pods=", "pods=[a,]",
        "pods=[a],", ",pods=[a]", "pods=[a,,b]", "pods==[a]", "pods=[[a]"}) {
    const auto lists = parse_allowlists(text);
    ASSERT_FALSE(lists) << text;
    EXPECT_THAT(lists.error().message, HasSubstr("expected resource=[key,key],resource=[]")) << text;
  }
}

TEST(SelectResources, TakesAllSupportedDefaultsWithoutNames) {
  const auto selected = select_resources({});
  ASSERT_TRUE(selected);
  EXPECT_THAT(names(*selected),
              ElementsAre("deployments", "namespaces", "nodes", "pods", "replicasets", "services"));
}

TEST(SelectResources, TakesThoseNamedInTheOrderOfTheTable) {
  SelectionFlags flags;
  flags.resources = {"pods, nodes", "pods,"};
  EXPECT_THAT(names(*select_resources(flags)), ElementsAre("nodes", "pods"));
}

TEST(SelectResources, TellsUnknownFromUnsupportedNames) {
  SelectionFlags flags;
  flags.resources = {"pod"};
  EXPECT_THAT(error_of(flags),
              HasSubstr("there is no resource \"pod\"; there are certificatesigningrequests"));
  flags.resources = {"configmaps"};
  EXPECT_THAT(error_of(flags), HasSubstr("cannot select resource \"configmaps\": it is not supported yet"));
  EXPECT_EQ(select_resources(flags).error().code, ErrorCode::kUnsupported);
}

TEST(SelectResources, AllowListsMayNameResourcesThatAreNotSelectedButNotUnknownOnes) {
  SelectionFlags flags;
  flags.labels_allowlist = {"configmaps=[a],pods=[b]"};
  EXPECT_TRUE(select_resources(flags));
  flags.labels_allowlist = {"pod=[b]"};
  EXPECT_THAT(error_of(flags),
              HasSubstr("cannot read --metric-labels-allowlist: there is no resource \"pod\""));
}

TEST(SelectResources, AsteriskOverridesAllOtherResources) {
  SelectionFlags flags;
  flags.resources = {"pods,nodes"};
  flags.annotations_allowlist = {"*=[a],pods=[b]"};
  const auto selected = select_resources(flags);
  ASSERT_TRUE(selected);
  for (const SelectedResource& resource : *selected) {
    EXPECT_TRUE(resource.options.annotations.allows("a"));
    EXPECT_FALSE(resource.options.annotations.allows("b"));
    EXPECT_TRUE(resource.options.labels.empty());
  }
}

TEST(SelectResources, LastAllowListCounts) {
  SelectionFlags flags;
  flags.resources = {"pods"};
  flags.labels_allowlist = {"pods=[a]", "pods=[b]"};
  const auto selected = select_resources(flags);
  EXPECT_FALSE(selected->front().options.labels.allows("a"));
  EXPECT_TRUE(selected->front().options.labels.allows("b"));
}

TEST(SelectResources, ManyWildcardsAreRefusedOrNeverMatch) {
  SelectionFlags flags;
  flags.resources = {"pods"};
  flags.labels_allowlist = {"nodes=[*key*]"};
  EXPECT_THAT(error_of(flags), HasSubstr("\"*key*\" has more than one wildcard"));
  flags.labels_allowlist = {"pods=[*key*,**]"};
  const auto selected = select_resources(flags, ManyWildcards::kNeverMatch);
  ASSERT_TRUE(selected);
  EXPECT_FALSE(selected->front().options.labels.empty());
  EXPECT_FALSE(selected->front().options.labels.allows("mykeys"));
}

TEST(SelectResources, FamiliesKeepTheirOrderAndOptInOnesAreOff) {
  SelectionFlags flags;
  flags.resources = {"pods"};
  const auto all = select_resources(flags);
  EXPECT_EQ(all->front().families.size(), 59u);
  EXPECT_TRUE(std::is_sorted(all->front().families.begin(), all->front().families.end()));
  flags.metric_opt_in_list = {"kube_pod_nodeselectors"};
  EXPECT_EQ(select_resources(flags)->front().families.size(), 60u);
  flags.metric_allowlist = {"^kube_pod_(info|labels)$"};
  std::vector<std::string_view> chosen;
  const auto some = select_resources(flags);
  for (const std::size_t index : some->front().families) {
    chosen.push_back(some->front().resource->family(index).name);
  }
  EXPECT_THAT(chosen, ElementsAre("kube_pod_info", "kube_pod_labels"));
}

}  // namespace
}  // namespace kubevitals::state
