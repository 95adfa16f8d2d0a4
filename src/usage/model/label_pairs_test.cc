#include "usage/model/label_pairs.h"

#include <gmock/gmock.h>

#include <vector>

namespace kubevitals::usage {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<LabelPairs::Pair> all(const LabelPairs& labels) {
  return {labels.begin(), labels.end()};
}

TEST(LabelPairs, KeepAllInTheirOrder) {
  const LabelPairs labels{{"app", "web"}, {"empty", ""}, {"team", "a"}};
  EXPECT_THAT(all(labels), ElementsAre(Pair("app", "web"), Pair("empty", ""), Pair("team", "a")));
  EXPECT_EQ(labels.size(), 3u);
  EXPECT_FALSE(labels.empty());
}

TEST(LabelPairs, AreEmptyAtFirst) {
  const LabelPairs none;
  EXPECT_TRUE(none.empty());
  EXPECT_THAT(all(none), ElementsAre());
  EXPECT_EQ(none.find("app"), std::nullopt);
}

TEST(LabelPairs, FindByName) {
  const LabelPairs labels{{"app", "web"}, {"empty", ""}};
  EXPECT_EQ(labels.find("app"), "web");
  EXPECT_EQ(labels.find("empty"), "");
  EXPECT_EQ(labels.find("ap"), std::nullopt);
}

TEST(LabelPairs, DifferWhenTheBoundariesDo) {
  EXPECT_NE((LabelPairs{{"a", "bc"}}), (LabelPairs{{"ab", "c"}}));
  EXPECT_EQ((LabelPairs{{"a", "bc"}}), (LabelPairs{{"a", "bc"}}));
  EXPECT_EQ((LabelPairs{{"a", "bc"}}).hash(), (LabelPairs{{"a", "bc"}}).hash());
}

TEST(LabelPairs, TakeLongTextsAndZeroBytes) {
  LabelPairs labels;
  const std::string name(300, 'n');
  const std::string value(70'000, '\0');
  labels.append(name, value);
  labels.shrink();
  EXPECT_EQ(labels.find(name), value);
}

}  // namespace
}  // namespace kubevitals::usage
