#include "state/options.h"

#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

bool allows(std::vector<std::string> entries, std::string_view key) {
  return LabelAllowlist::create(std::move(entries))->allows(key);
}

TEST(LabelAllowlist, ExactKeys) {
  EXPECT_TRUE(allows({"app", "team"}, "team"));
  EXPECT_FALSE(allows({"app"}, "App"));
  EXPECT_FALSE(allows({"app"}, "app2"));
  EXPECT_FALSE(allows({""}, "app"));
}

TEST(LabelAllowlist, WildcardForAllCountsOnlyAtTheFront) {
  EXPECT_TRUE(allows({"*"}, "anything"));
  EXPECT_TRUE(allows({"*", "x"}, "anything"));
  EXPECT_FALSE(allows({"x", "*"}, "anything"));
  EXPECT_TRUE(allows({"x", "*"}, "x"));
}

TEST(LabelAllowlist, PartialWildcards) {
  EXPECT_TRUE(allows({"app*"}, "app"));
  EXPECT_TRUE(allows({"app*"}, "app.kubernetes.io/name"));
  EXPECT_FALSE(allows({"app*"}, "my-app"));
  EXPECT_TRUE(allows({"*name"}, "app.kubernetes.io/name"));
  EXPECT_TRUE(allows({"a*a"}, "aa"));
  EXPECT_FALSE(allows({"a*a"}, "a"));
  EXPECT_FALSE(allows({"a.b*"}, "aXb"));
  EXPECT_FALSE(allows({"a*b"}, "a\nb"));
}

TEST(LabelAllowlist, RefusesTwoWildcardsInAnEntry) {
  const auto list = LabelAllowlist::create({"ok*", "*key*"});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(list.error().message, "\"*key*\" has more than one wildcard");
}

TEST(LabelAllowlist, IsEmptyWithoutEntries) {
  EXPECT_TRUE(LabelAllowlist().empty());
  EXPECT_TRUE(LabelAllowlist::create({})->empty());
  EXPECT_FALSE(LabelAllowlist::create({""})->empty());
}

}  // namespace
}  // namespace kubevitals::state
