#include "sim/selector.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace kubevitals::sim {
namespace {

json::object parse(std::string_view text) {
  return json::parse(text).get_object();
}

TEST(LabelSelector, EmptySelectsEverything) {
  for (const char* text : {"", "  ", "\t\n"}) {
    EXPECT_TRUE(LabelSelector::parse(text)->empty());
    EXPECT_TRUE(LabelSelector::parse(text)->matches(parse("{}")));
  }
}

TEST(LabelSelector, LabelsOfAnyShapeAreNoLabels) {
  for (const char* object :
       {"{}", R"({"metadata":3})", R"({"metadata":{"labels":[]}})", R"({"metadata":{"labels":{"a":1}}})"}) {
    EXPECT_FALSE(LabelSelector::parse("a")->matches(parse(object))) << object;
    EXPECT_TRUE(LabelSelector::parse("!a")->matches(parse(object))) << object;
  }
}

TEST(FieldSelector, MatchesEqualityAndItsOpposite) {
  const json::object pod = parse(
      R"({"metadata":{"name":"p","namespace":"n"},"spec":{"nodeName":"x"},"status":{"phase":"Running"}})");
  const auto match = [&](std::string_view text) { return FieldSelector::parse(text, "Pod")->matches(pod); };
  EXPECT_TRUE(match(""));
  EXPECT_TRUE(match("metadata.name=p"));
  EXPECT_TRUE(match("metadata.name==p,,spec.nodeName=x,"));
  EXPECT_FALSE(match("metadata.name!=p"));
  EXPECT_FALSE(match("metadata.name=p,status.phase!=Running"));
  EXPECT_TRUE(match("status.phase!=Failed"));
}

TEST(FieldSelector, WhatIsMissingIsZero) {
  const json::object empty = parse("{}");
  EXPECT_TRUE(FieldSelector::parse("spec.nodeName=", "Pod")->matches(empty));
  EXPECT_TRUE(FieldSelector::parse("spec.hostNetwork=false", "Pod")->matches(empty));
  EXPECT_TRUE(FieldSelector::parse("spec.unschedulable!=true", "Node")->matches(empty));
  EXPECT_TRUE(FieldSelector::parse("status.successful=0", "Job")->matches(empty));
  EXPECT_TRUE(FieldSelector::parse("spec.unschedulable=true", "Node")
                  ->matches(parse(R"({"spec":{"unschedulable":true}})")));
}

TEST(FieldSelector, UnescapesValues) {
  const json::object pod = parse(R"({"metadata":{"name":"a,b=c\\d"}})");
  EXPECT_TRUE(FieldSelector::parse(R"(metadata.name=a\,b\=c\\d)", "Pod")->matches(pod));
  for (const char* bad :
       {R"(metadata.name=a\)", R"(metadata.name=\x)", "metadata.name=a=b", "metadata.name===a"}) {
    EXPECT_FALSE(FieldSelector::parse(bad, "Pod").has_value()) << bad;
  }
}

TEST(FieldSelector, RefusesUnknownFieldsAndNonsense) {
  EXPECT_FALSE(FieldSelector::parse("spec.nodeName=x", "Node").has_value());
  EXPECT_FALSE(FieldSelector::parse("spec=x", "Pod").has_value());
  EXPECT_FALSE(FieldSelector::parse("metadata.name", "Pod").has_value());
  EXPECT_FALSE(FieldSelector::parse("=x", "Pod").has_value());
  EXPECT_TRUE(FieldSelector::parse("metadata.namespace=x", "Unheard").has_value());
  EXPECT_EQ(FieldSelector::parse("a.b=x", "Pod").error().code, ErrorCode::kInvalid);
}

TEST(FieldSelector, TellsWhatIsRequired) {
  const Result<FieldSelector> selector = FieldSelector::parse("spec.nodeName=x,status.phase!=y", "Pod");
  ASSERT_TRUE(selector.has_value());
  EXPECT_EQ(*selector->required("spec.nodeName"), "x");
  EXPECT_EQ(selector->required("status.phase"), nullptr);
}

TEST(FieldSelector, SourceOfAnEventIsInEitherPlace) {
  const Result<FieldSelector> selector = FieldSelector::parse("source=kubelet", "Event");
  EXPECT_TRUE(selector->matches(parse(R"({"source":{"component":"kubelet"}})")));
  EXPECT_TRUE(selector->matches(parse(R"({"reportingComponent":"kubelet"})")));
  EXPECT_FALSE(selector->matches(parse("{}")));
}

}  // namespace
}  // namespace kubevitals::sim
