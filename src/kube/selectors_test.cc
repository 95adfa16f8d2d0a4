#include "kube/selectors.h"

#include <gtest/gtest.h>

#include <map>

namespace kubevitals::kube {
namespace {

using Labels = std::map<std::string, std::string, std::less<>>;

bool label_match(std::string_view selector, const Labels& labels) {
  const Result<LabelSelector> parsed = LabelSelector::parse(selector);
  EXPECT_TRUE(parsed.has_value()) << selector << ": " << (parsed ? "" : parsed.error().message);
  return parsed && parsed->matches([&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = labels.find(name);
    return found == labels.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  });
}

// "a=b c!=d", or why not.
std::string fields(std::string_view selector) {
  const Result<FieldSelector> parsed = FieldSelector::parse(selector);
  if (!parsed) return parsed.error().message;
  std::string text;
  for (const FieldSelector::Requirement& one : parsed->requirements()) {
    text.append(text.empty() ? "" : " ").append(one.field).append(one.equal ? "=" : "!=").append(one.value);
  }
  return text;
}

TEST(LabelSelector, EmptySelectsEverything) {
  for (const char* text : {"", "  ", "\t\n"}) {
    EXPECT_TRUE(LabelSelector::parse(text)->empty());
    EXPECT_TRUE(label_match(text, {}));
  }
}

TEST(LabelSelector, EqualityTakesThreeSpellings) {
  EXPECT_TRUE(label_match("a=b", {{"a", "b"}}));
  EXPECT_TRUE(label_match(" a == b ", {{"a", "b"}}));
  EXPECT_FALSE(label_match("a=b", {{"a", "c"}}));
  EXPECT_FALSE(label_match("a=b", {}));
  EXPECT_FALSE(label_match("a!=b", {{"a", "b"}}));
  EXPECT_TRUE(label_match("a!=b", {}));
  EXPECT_TRUE(label_match("a=", {{"a", ""}}));
  EXPECT_FALSE(label_match("a=", {}));
}

TEST(LabelSelector, Sets) {
  EXPECT_TRUE(label_match("a in (b, c)", {{"a", "c"}}));
  EXPECT_TRUE(label_match("a in (,b)", {{"a", ""}}));
  EXPECT_TRUE(label_match("a in (b,)", {{"a", ""}}));
  EXPECT_TRUE(label_match("a in ()", {{"a", ""}}));
  EXPECT_FALSE(label_match("a in (b)", {}));
  EXPECT_TRUE(label_match("a notin (b)", {}));
  EXPECT_FALSE(label_match("a notin (b,c)", {{"a", "b"}}));
  EXPECT_TRUE(label_match("in in (in,notin)", {{"in", "notin"}}));
}

TEST(LabelSelector, ExistenceAndComparison) {
  EXPECT_TRUE(label_match("a", {{"a", "x"}}));
  EXPECT_FALSE(label_match("!a", {{"a", "x"}}));
  EXPECT_TRUE(label_match("! a", {}));
  EXPECT_TRUE(label_match("a>3", {{"a", "4"}}));
  EXPECT_FALSE(label_match("a>3", {{"a", "3"}}));
  EXPECT_TRUE(label_match("a<3", {{"a", "2"}}));
  EXPECT_FALSE(label_match("a<3", {{"a", "two"}}));
  EXPECT_FALSE(label_match("a<3", {}));
}

TEST(LabelSelector, AllRequirementsMustHold) {
  const char* selector = "app.kubernetes.io/name=web,tier in (x,y),!old,n>1";
  EXPECT_TRUE(label_match(selector, {{"app.kubernetes.io/name", "web"}, {"tier", "y"}, {"n", "2"}}));
  EXPECT_FALSE(
      label_match(selector, {{"app.kubernetes.io/name", "web"}, {"tier", "y"}, {"n", "2"}, {"old", ""}}));
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

TEST(FieldSelector, Terms) {
  EXPECT_EQ(fields(""), "");
  EXPECT_EQ(fields("metadata.name==p,,spec.nodeName!=x,"), "metadata.name=p spec.nodeName!=x");
  EXPECT_EQ(fields(R"(a=b\,c\=d\\)"), R"(a=b,c=d\)");
  EXPECT_EQ(fields("a"), "cannot parse field selector \"a\": \"a\" has no operator");
  EXPECT_EQ(fields("a=b=c"),
            "cannot parse field selector \"a=b=c\": \"=\" in a value must be escaped by a backslash");
}

}  // namespace
}  // namespace kubevitals::kube
