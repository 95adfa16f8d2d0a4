#include "discovery/target_group_document.h"

#include <gmock/gmock.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string show(const Result<std::vector<TargetGroup>>& groups) {
  if (!groups) return "error: " + groups.error().message;
  std::string text;
  for (const TargetGroup& group : *groups) text.append("[").append(show_group(group)).append("]");
  return text;
}

std::string json(std::string_view text) {
  return show(parse_target_groups_json(text));
}
std::string yaml(std::string_view text) {
  return show(parse_target_groups_yaml(text, "f.yml"));
}

TEST(TargetGroupJson, ReadsGroups) {
  EXPECT_EQ(
      json(
          R"([{"targets": ["a:1", "b/c", ""], "labels": {"env": "x", "__meta_y": ""}}, {"targets": ["a:1"]}])"),
      "[: __meta_y= env=x | __address__=a:1 | __address__=b/c | __address__=][: | __address__=a:1]");
  EXPECT_EQ(json("[]"), "");
  EXPECT_EQ(json(" \r\n\tnull "), "");
  EXPECT_EQ(json("[{}]"), "[:]");
  EXPECT_EQ(json(R"([{"targets": null, "labels": null}])"), "[:]");
  EXPECT_EQ(json(R"([{"targets": [null], "labels": {"a": null}}])"), "[: a= | __address__=]");
}

TEST(TargetGroupJson, KeysAreComparedWithoutCaseAndTheLastCounts) {
  EXPECT_EQ(json(R"([{"TARGETS": ["a"], "Labels": {"X": "1", "x": "2"}}])"), "[: X=1 x=2 | __address__=a]");
  EXPECT_EQ(json("[{\"target\xC5\xBF\": [\"a\"]}]"), "[: | __address__=a]");
  EXPECT_EQ(json(R"([{"targets": ["a"], "Targets": ["b"], "labels": {"x": "1", "x": "2"}}])"),
            "[: x=2 | __address__=b]");
  EXPECT_EQ(json(R"([{"labels": {"x": "1"}, "LABELS": {"y": "1"}}])"), "[: y=1]");
}

TEST(TargetGroupJson, NamesAndValuesMayBeAnyText) {
  EXPECT_EQ(json(R"([{"labels": {"a b-\u00e9": "\n\"\ud83d\ude00"}}])"),
            "[: a b-\xC3\xA9=\n\"\xF0\x9F\x98\x80]");
  EXPECT_EQ(json("[{\"targets\": [\"a\xFF\"], \"labels\": {\"\xC3\": \"x\"}}]"),
            "[: \xEF\xBF\xBD=x | __address__=a\xEF\xBF\xBD]");
}

TEST(TargetGroupJson, RefusesWhatIsNoListOfGroups) {
  EXPECT_EQ(json(R"([{"target": ["a"]}])"), "error: [0]: unknown key \"target\"");
  EXPECT_EQ(json(R"([{"targets": ["a"]}, {"source": ""}])"), "error: [1]: unknown key \"source\"");
  EXPECT_EQ(json(R"([{"targets": ["a"]}, null])"), "error: [1]: a target group must not be null");
  EXPECT_EQ(json(R"({"targets": ["a"]})"), "error: expected a list of target groups, not an object");
  EXPECT_EQ(json("1"), "error: expected a list of target groups, not a number");
  EXPECT_EQ(json(R"(["a"])"), "error: [0]: expected a target group, not a text");
  EXPECT_EQ(json(R"([{"targets": "a"}])"), "error: [0].targets: expected a list of texts, not a text");
  EXPECT_EQ(json(R"([{"targets": ["a", 1]}])"), "error: [0].targets[1]: expected a text, not a number");
  EXPECT_EQ(json(R"([{"labels": []}])"), "error: [0].labels: expected an object of texts, not a list");
  EXPECT_EQ(json(R"([{"labels": {"a": true}}])"), "error: [0].labels.a: expected a text, not a boolean");
  EXPECT_EQ(json(R"([{"labels": {"": "x"}}])"), "error: [0].labels: a label needs a name");
}

TEST(TargetGroupJson, RefusesWhatIsNoJson) {
  const std::string deep(20'000, '[');
  for (const std::string& text :
       {std::string(), std::string(" "), std::string("[]]"), std::string("[] []"), std::string("[{}"),
        std::string("[{},]"), std::string("[{\"targets\": [\"a\"\n"),
        std::string("[{\"labels\": {\"a\": \"\n\"}}]"), std::string("nul"), std::string("- targets: []"),
        std::string("\xEF\xBB\xBF[]"), deep, std::string(R"([{"labels": {"a": "\ud800"}}])"),
        std::string("[]\0", 3)}) {
    EXPECT_THAT(json(text), HasSubstr("error: no JSON: ")) << text.substr(0, 50);
  }
}

TEST(TargetGroupYaml, ReadsGroups) {
  EXPECT_EQ(yaml("- targets: ['a:1', b:2]\n  labels: {env: x, n: 8, b: true, nothing: }\n- {}\n"),
            "[: b=true env=x n=8 nothing= | __address__=a:1 | __address__=b:2][:]");
  EXPECT_EQ(yaml(""), "");
  EXPECT_EQ(yaml("# nothing\n"), "");
  EXPECT_EQ(yaml("null"), "");
  EXPECT_EQ(yaml("- &base\n  targets: [a]\n- <<: *base\n  labels: {x: y}\n"),
            "[: | __address__=a][: x=y | __address__=a]");
  EXPECT_EQ(yaml(R"([{"targets": ["a"]}])"), "[: | __address__=a]");
}

TEST(TargetGroupYaml, RefusesWhatIsNoListOfGroups) {
  EXPECT_EQ(yaml("- targets: [a]\n  label: {}\n"), "error: f.yml:2: [0].label: unknown key");
  EXPECT_EQ(yaml("- Targets: [a]\n"), "error: f.yml:1: [0].Targets: unknown key");
  EXPECT_THAT(yaml("- targets: [a]\n  targets: [b]\n"), HasSubstr("f.yml:2"));
  EXPECT_THAT(yaml("- labels: {a: b, a: c}\n"), HasSubstr("f.yml:1"));
  EXPECT_EQ(yaml("- targets: [a]\n- null\n"), "error: f.yml:2: [1]: a target group must not be null");
  EXPECT_THAT(yaml("targets: [a]"), HasSubstr("error: f.yml:1: "));
  EXPECT_THAT(yaml("- a"), HasSubstr("error: f.yml:1: [0]: "));
  EXPECT_THAT(yaml("- targets: a"), HasSubstr("error: f.yml:1: [0].targets: "));
  EXPECT_THAT(yaml("- targets: [{}]"), HasSubstr("error: f.yml:1: [0].targets[0]: "));
  EXPECT_THAT(yaml("- labels: [a]"), HasSubstr("error: f.yml:1: [0].labels: "));
  EXPECT_THAT(yaml("- labels: {a: [b]}"), HasSubstr("error: f.yml:1: [0].labels.a: "));
  EXPECT_THAT(yaml("- labels: {'': b}"), HasSubstr("\"\" is not a valid label name"));
  EXPECT_THAT(yaml("- targets: [a"), HasSubstr("error: f.yml:"));
  EXPECT_THAT(yaml("- targets: [\xFF]"), HasSubstr("error: f.yml"));
}

TEST(TargetGroups, ALabelIsAddedOrReplaced) {
  LabelBlockBuilder builder;
  builder.add("a", "1");
  builder.add("b", "");
  const LabelBlockPtr labels = builder.build();
  EXPECT_EQ(show_labels(with_label(labels, LabelName("c"), "3")), "a=1 b= c=3");
  EXPECT_EQ(show_labels(with_label(labels, LabelName("a"), "2")), "a=2 b=");
  EXPECT_EQ(show_labels(with_label(nullptr, LabelName("a"), "2")), "a=2");
}

}  // namespace
}  // namespace kubevitals::discovery
