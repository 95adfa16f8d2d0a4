#include "sim/selector.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace kubevitals::sim {
namespace {

json::object parse(std::string_view text) {
  return json::parse(text).get_object();
}

bool label_match(std::string_view selector, std::string_view labels) {
  Result<LabelSelector> parsed = LabelSelector::parse(selector);
  EXPECT_TRUE(parsed.has_value()) << selector << ": " << (parsed ? "" : parsed.error().message);
  json::object object = parse(R"({"metadata":{}})");
  object["metadata"].get_object()["labels"] = json::parse(labels);
  return parsed && parsed->matches(object);
}

TEST(LabelSelector, EmptySelectsEverything) {
  for (const char* text : {"", "  ", "\t\n"}) {
    EXPECT_TRUE(LabelSelector::parse(text)->empty());
    EXPECT_TRUE(LabelSelector::parse(text)->matches(parse("{}")));
  }
}

TEST(LabelSelector, EqualityTakesThreeSpellings) {
  EXPECT_TRUE(label_match("a=b", R"({"a":"b"})"));
  EXPECT_TRUE(label_match(" a == b ", R"({"a":"b"})"));
  EXPECT_FALSE(label_match("a=b", R"({"a":"c"})"));
  EXPECT_FALSE(label_match("a=b", "{}"));
  EXPECT_FALSE(label_match("a!=b", R"({"a":"b"})"));
  EXPECT_TRUE(label_match("a!=b", "{}"));
  EXPECT_TRUE(label_match("a=", R"({"a":""})"));
  EXPECT_FALSE(label_match("a=", "{}"));
}

TEST(LabelSelector, Sets) {
  EXPECT_TRUE(label_match("a in (b, c)", R"({"a":"c"})"));
  EXPECT_TRUE(label_match("a in (,b)", R"({"a":""})"));
  EXPECT_TRUE(label_match("a in (b,)", R"({"a":""})"));
  EXPECT_TRUE(label_match("a in ()", R"({"a":""})"));
  EXPECT_FALSE(label_match("a in (b)", "{}"));
  EXPECT_TRUE(label_match("a notin (b)", "{}"));
  EXPECT_FALSE(label_match("a notin (b,c)", R"({"a":"b"})"));
  EXPECT_TRUE(label_match("in in (in,notin)", R"({"in":"notin"})"));
}

TEST(LabelSelector, ExistenceAndComparison) {
  EXPECT_TRUE(label_match("a", R"({"a":"x"})"));
  EXPECT_FALSE(label_match("!a", R"({"a":"x"})"));
  EXPECT_TRUE(label_match("! a", "{}"));
  EXPECT_TRUE(label_match("a>3", R"({"a":"4"})"));
  EXPECT_FALSE(label_match("a>3", R"({"a":"3"})"));
  EXPECT_TRUE(label_match("a<3", R"({"a":"2"})"));
  EXPECT_FALSE(label_match("a<3", R"({"a":"two"})"));
  EXPECT_FALSE(label_match("a<3", "{}"));
}

TEST(LabelSelector, AllRequirementsMustHold) {
  const char* selector = "app.kubernetes.io/name=web,tier in (x,y),!old,n>1";
  EXPECT_TRUE(label_match(selector, R"({"app.kubernetes.io/name":"web","tier":"y","n":"2"})"));
  EXPECT_FALSE(label_match(selector, R"({"app.kubernetes.io/name":"web","tier":"y","n":"2","old":""})"));
}

TEST(LabelSelector, LabelsOfAnyShapeAreNoLabels) {
  for (const char* object :
       {"{}", R"({"metadata":3})", R"({"metadata":{"labels":[]}})", R"({"metadata":{"labels":{"a":1}}})"}) {
    EXPECT_FALSE(LabelSelector::parse("a")->matches(parse(object))) << object;
    EXPECT_TRUE(LabelSelector::parse("!a")->matches(parse(object))) << object;
  }
}

TEST(LabelSelector, RefusesWhatApimachineryRefuses) {
  for (const std::string text :
       {",",       "a,",     ",a",         "a b",      "a=b c", "a==",  "a in", "a in (",
        "a in (b", "a in b", "a in (b c)", "a in (=)", "!",     "!a=b", "!!a",  "=a",
        "a===b",   "a=!b",   "a>",         "a>x",      "a<1.5", "a<",   "(a)",  "a/b/c",
        "/a",      "a/",     "-a",         "A.B/c",    "a=b!",  "a=-b", "a=b/c"}) {
    const bool accepted = LabelSelector::parse(text).has_value();
    // "==" without a value is equality with the empty one.
    EXPECT_EQ(accepted, text == "a==") << text;
  }
  EXPECT_FALSE(LabelSelector::parse(std::string(64, 'a')).has_value());
  EXPECT_TRUE(LabelSelector::parse(std::string(63, 'a')).has_value());
  EXPECT_FALSE(LabelSelector::parse("a=" + std::string(64, 'a')).has_value());
  EXPECT_FALSE(LabelSelector::parse(std::string(254, 'a') + "/a").has_value());
}

TEST(LabelSelector, ErrorsSayWhatIsWrong) {
  const Error error = LabelSelector::parse("a in (b").error();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.message, "cannot parse label selector \"a in (b\": found the end, expected \",\" or \")\"");
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
