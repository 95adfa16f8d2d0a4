#include "discovery/relabel/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery {
namespace {

using Map = std::map<std::string, std::string>;

// Rules from YAML, and the labels they are run on.
class Relabelled {
 public:
  explicit Relabelled(const std::string& yaml, NameValidation scheme = NameValidation::kUtf8)
      : rules_(read(yaml, scheme), scheme) {}

  // "a=1 b=2", or "dropped by <rule>".
  std::string operator()(const Map& labels) {
    start(labels);
    return tell(rules_.apply(set_));
  }

  // A line for each step, and what comes out.
  std::string trace(const Map& labels) {
    start(labels);
    std::string lines;
    const auto dropped = rules_.trace(set_, [&](const RelabelStep& step) {
      lines.append(std::to_string(step.rule)).append(" '").append(step.value).append("'");
      lines.append(step.matched ? " matched" : " differs");
      for (const auto& [name, before, after] : step.changes) {
        lines.append(" ").append(name.text()).append(":").append(before).append(">").append(after);
      }
      lines.append(step.dropped ? " dropped\n" : "\n");
    });
    return lines + tell(dropped);
  }

 private:
  static std::vector<RelabelConfig> read(const std::string& yaml, NameValidation scheme) {
    YamlProblems problems("");
    const Result<YamlValue> document = parse_yaml(yaml, problems);
    EXPECT_TRUE(document);
    auto configs = read_relabel_configs(*document, scheme, "target");
    EXPECT_TRUE(problems.empty()) << problems.found().front();
    return configs;
  }

  void start(const Map& labels) {
    LabelBlockBuilder builder;
    for (const auto& [name, value] : labels) builder.add(name, value);
    block_ = builder.build();
    set_.reset(block_.get());
  }

  std::string tell(std::optional<std::size_t> dropped) {
    if (dropped) return "dropped by " + std::to_string(*dropped);
    std::string text;
    for (const Label& label : set_.sorted()) {
      text.append(text.empty() ? "" : " ").append(label.name.text()).append("=").append(label.value);
    }
    return text;
  }

  RelabelRules rules_;
  LabelBlockPtr block_;
  LabelSet set_;
};

std::string relabel(const std::string& yaml, const Map& labels,
                    NameValidation scheme = NameValidation::kUtf8) {
  return Relabelled(yaml, scheme)(labels);
}

// `replacement` on label a, matched by `regex`, written to x.
std::string expand(const std::string& regex, const std::string& replacement, const std::string& a) {
  RelabelConfig config;
  config.source_labels = {"a"};
  config.regex = regex;
  config.replacement = replacement;
  config.target_label = "x";
  RelabelRules rules({config});
  LabelSet set;
  set.reset();
  set.set(LabelName("a"), a);
  set.set(LabelName("x"), "untouched");
  rules.apply(set);
  return std::string(set.get(LabelName("x")));
}

TEST(RelabelReplace, WritesTheExpansion) {
  EXPECT_EQ(relabel("[{source_labels: [a, b], regex: '(.*);(.*)', target_label: x, replacement: $2-$1}]",
                    {{"a", "1"}, {"b", "2"}}),
            "a=1 b=2 x=2-1");
  EXPECT_EQ(
      relabel("[{source_labels: [a, none, b], separator: '|', target_label: x}]", {{"a", "1"}, {"b", "2"}}),
      "a=1 b=2 x=1||2");
  EXPECT_EQ(relabel("[{source_labels: [a], regex: no, target_label: x}]", {{"a", "1"}}), "a=1");
  EXPECT_EQ(relabel("[{target_label: x, replacement: y}]", {}), "x=y");
  EXPECT_EQ(relabel("[{source_labels: [a], target_label: a, replacement: $1$1}]", {{"a", "1"}}), "a=11");
}

TEST(RelabelReplace, AnEmptyResultRemovesTheLabel) {
  EXPECT_EQ(relabel("[{source_labels: [none], target_label: a}]", {{"a", "1"}, {"b", "2"}}), "b=2");
  EXPECT_EQ(relabel("[{target_label: a, replacement: ''}]", {{"a", "1"}}), "");
  EXPECT_EQ(relabel("[{source_labels: [b], target_label: a, replacement: $9}]", {{"a", "1"}, {"b", "2"}}),
            "b=2");
}

TEST(RelabelReplace, TheTargetMayComeFromTheMatch) {
  const std::string rule =
      "[{source_labels: [a], regex: '(.*)=(.*)', target_label: 'p_$1', replacement: $2}]";
  EXPECT_EQ(relabel(rule, {{"a", "x=1"}}), "a=x=1 p_x=1");
  EXPECT_EQ(relabel(rule, {{"a", "x.y=1"}}), "a=x.y=1 p_x.y=1");
  EXPECT_EQ(relabel(rule, {{"a", "x.y=1"}}, NameValidation::kLegacy), "a=x.y=1");
  EXPECT_EQ(relabel("[{source_labels: [a], target_label: $2}]", {{"a", "x"}}), "a=x");
}

TEST(RelabelReplace, ExpandsAsGoDoes) {
  EXPECT_EQ(expand("(f)(o+)", "$0 $1 ${2}", "foo"), "foo f oo");
  EXPECT_EQ(expand("(f)(o+)", "$1x", "foo"), "");
  EXPECT_EQ(expand("(f)(o+)", "${1}x$1_y-", "foo"), "fx-");
  EXPECT_EQ(expand("(f)(o+)", "$1\xC3\xA9-$1", "foo"), "-f");  // letters are those of Unicode
  EXPECT_EQ(expand("(f)(o+)", "$$1$$", "foo"), "$1$");
  EXPECT_EQ(expand("(f)(o+)", "a$", "foo"), "a$");
  EXPECT_EQ(expand("(f)(o+)", "$-${-${}-${1 y}-${1", "foo"), "$-${-${}-${1 y}-${1");
  EXPECT_EQ(expand("(f)(o+)", "[$3$9$99999999999${x}]", "foo"), "[]");
  EXPECT_EQ(expand("(f)(o+)", "[$01]", "foo"), "[]");
  EXPECT_EQ(expand("(?P<n>f)(?<m_1>o+)", "$n-${m_1}$m_1", "foo"), "f-oooo");
  EXPECT_EQ(expand("(?P<n>a)|(?P<n>b)", "<$n>", "b"), "<b>");
  EXPECT_EQ(expand("(a)?(b)", "<$1$2>", "b"), "<b>");
  EXPECT_EQ(expand("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "$10$1", "abcdefghij"), "ja");
  EXPECT_EQ(expand("(f)", "$1", "no match"), "untouched");
}

TEST(RelabelKeep, DropsWithTheNumberOfTheRule) {
  Relabelled rules(
      "[{action: keep, source_labels: [a], regex: 'x|y'}, {action: drop, source_labels: [b], regex: 'n.*'}]");
  EXPECT_EQ(rules({{"a", "x"}}), "a=x");
  EXPECT_EQ(rules({{"a", "z"}, {"b", "no"}}), "dropped by 0");
  EXPECT_EQ(rules({{"a", "y"}, {"b", "no"}}), "dropped by 1");
  EXPECT_EQ(rules({{"a", "y"}, {"b", "yes"}}), "a=y b=yes");
  EXPECT_EQ(relabel("[{action: drop}]", {{"a", "x"}}), "dropped by 0");
  EXPECT_EQ(relabel("[{action: keep}]", {{"a", "x"}}), "a=x");
}

TEST(RelabelEqual, ComparesWithTheTarget) {
  const std::string keep = "[{action: keepequal, source_labels: [a], target_label: b}]";
  const std::string drop = "[{action: dropequal, source_labels: [a], target_label: b}]";
  EXPECT_EQ(relabel(keep, {{"a", "1"}, {"b", "1"}}), "a=1 b=1");
  EXPECT_EQ(relabel(keep, {{"a", "1"}, {"b", "2"}}), "dropped by 0");
  EXPECT_EQ(relabel(drop, {{"a", "1"}, {"b", "1"}}), "dropped by 0");
  EXPECT_EQ(relabel(drop, {{"a", "1"}, {"b", "2"}}), "a=1 b=2");
  EXPECT_EQ(relabel(keep, {}), "");
  EXPECT_EQ(relabel(drop, {}), "dropped by 0");
}

TEST(RelabelHashMod, IsTheEndOfTheMd5Digest) {
  const std::string rule =
      "[{action: hashmod, source_labels: [a, b], modulus: 1000, target_label: h, regex: x}]";
  // md5("foo;bar") = 2d00e96b8b7d9e32 ddadc4ed9df31f3e
  EXPECT_EQ(relabel(rule, {{"a", "foo"}, {"b", "bar"}}), "a=foo b=bar h=750");
  EXPECT_EQ(relabel("[{action: hashmod, modulus: 18446744073709551615, target_label: h}]", {}),
            "h=16825458760271544958");
  EXPECT_EQ(relabel("[{action: hashmod, modulus: 1, target_label: h}]", {{"h", "x"}}), "h=0");
}

TEST(RelabelNames, AreMapped) {
  EXPECT_EQ(relabel("[{action: labelmap, regex: '__meta_(.+)'}]",
                    {{"__meta_a", "1"}, {"__meta_", "2"}, {"b", "3"}}),
            "__meta_=2 __meta_a=1 a=1 b=3");
  EXPECT_EQ(relabel("[{action: labelmap, regex: '(?:a|b)', replacement: c$$x}]", {{"a", "1"}}), "a=1 c$x=1");
}

TEST(RelabelNames, AreMappedFromWhatWasThereBefore) {
  EXPECT_EQ(relabel("[{action: labelmap, regex: 'a(.*)', replacement: 'aa$1'}]", {{"a", "1"}, {"aa", "2"}}),
            "a=1 aa=1 aaa=2");
}

TEST(RelabelNames, MayCollide) {
  const std::string map = "[{action: labelmap, regex: '[ab]', replacement: x}]";
  EXPECT_EQ(relabel(map, {{"b", "2"}, {"a", "1"}}), "a=1 b=2 x=2");
  // What rules have set comes later than what was there.
  const std::string set =
      "[{target_label: a, replacement: '3'}, {action: labelmap, regex: '[ab]', replacement: x}]";
  EXPECT_EQ(relabel(set, {{"b", "2"}, {"a", "1"}}), "a=3 b=2 x=3");
  const std::string twice =
      "[{action: labelmap, regex: '[ab]', replacement: '${0}1'}, {action: labeldrop, regex: a1},"
      " {target_label: a1, replacement: '9'}, {action: labelmap, regex: '.1', replacement: x}]";
  EXPECT_EQ(relabel(twice, {{"a", "1"}, {"b", "2"}}), "a=1 a1=9 b=2 b1=2 x=9");
}

TEST(RelabelNames, AreReplacedWhereverTheyMatch) {
  EXPECT_EQ(relabel("[{action: labelmap, regex: 'a)|(b', replacement: '<$0>'}]", {{"axb", "1"}}),
            "<a>x<b>=1 axb=1");
  EXPECT_EQ(relabel("[{action: labelmap, regex: ')|(?:', replacement: '-'}]", {{"ab", "1"}}), "-ab-=1 ab=1");
}

TEST(RelabelNames, AreFiltered) {
  Relabelled drop("[{action: labeldrop, regex: 'b.*'}]");
  EXPECT_EQ(drop({{"a", "1"}, {"b1", "2"}, {"b2", "3"}}), "a=1");
  EXPECT_EQ(drop({{"b1", "2"}, {"c", "3"}}), "c=3");
  EXPECT_EQ(relabel("[{action: labelkeep, regex: 'b.*'}]", {{"a", "1"}, {"b1", "2"}}), "b1=2");
  EXPECT_EQ(relabel("[{action: labeldrop}]", {{"a", "1"}}), "");
}

TEST(RelabelNames, AreRememberedBeyondNewOnes) {
  Relabelled rules("[{action: labelmap, regex: 'remembered_(.*)'}]");
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "n" + std::to_string(i);
    ASSERT_EQ(rules({{"remembered_" + name, "1"}}), name + "=1 remembered_" + name + "=1");
  }
}

TEST(RelabelCase, ChangesLetters) {
  EXPECT_EQ(relabel("[{action: lowercase, source_labels: [a, b], target_label: x, regex: no}]",
                    {{"a", "FoO"}, {"b", "\xC3\x89"}}),
            "a=FoO b=\xC3\x89 x=foo;\xC3\xA9");
  EXPECT_EQ(relabel("[{action: uppercase, source_labels: [a], target_label: a}]", {{"a", "fo\xC3\x9F"}}),
            "a=FO\xC3\x9F");
  EXPECT_EQ(relabel("[{action: uppercase, source_labels: [none], target_label: a}]", {{"a", "x"}}), "");
}

TEST(RelabelTrace, TellsWhatEveryRuleDid) {
  Relabelled rules(R"(
- {source_labels: [a, b], target_label: x}
- {source_labels: [a], regex: no, target_label: y}
- {action: labelmap, regex: 'a(.*)', replacement: 'm$1'}
- {action: labeldrop, regex: 'x|b'}
- {action: uppercase, source_labels: [a], target_label: a}
- {action: drop, source_labels: [m], regex: q}
)");
  const std::string steps =
      "0 'q;r' matched x:>q;r\n"
      "1 'q' differs\n"
      "2 '' matched m:>q\n"
      "3 '' matched b:r> x:q;r>\n"
      "4 'q' matched a:q>Q\n"
      "5 'q' matched dropped\n"
      "dropped by 5";
  EXPECT_EQ(rules.trace({{"a", "q"}, {"b", "r"}}), steps);
  EXPECT_EQ(rules.trace({{"m", "z"}}),
            "0 ';' matched x:>;\n"
            "1 '' differs\n"
            "2 '' differs\n"
            "3 '' matched x:;>\n"
            "4 '' matched\n"
            "5 'z' differs\n"
            "m=z");
}

TEST(RelabelRules, StayWithinLimits) {
  std::string doubling = "[{target_label: a, replacement: xxxxxxxxxxxxxxxx}";
  for (int i = 0; i < 60; ++i) doubling += ", {source_labels: [a], target_label: a, replacement: $1$1}";
  EXPECT_EQ(relabel(doubling + "]", {}), "a=" + std::string(std::size_t{1} << 20, 'x'));
  std::string names = "[{target_label: x, replacement: '1'}";
  for (int i = 0; i < 16; ++i) {
    names.append(", {action: labelmap, replacement: '${1}").append(std::to_string(i)).append("'}");
  }
  Relabelled mapped(names + "]");
  const std::string text = mapped({});
  EXPECT_EQ(std::count(text.begin(), text.end(), '='), 4096);
  std::string long_names = "[{target_label: x, replacement: '1'}";
  for (int i = 0; i < 20; ++i) long_names += ", {action: labelmap, regex: '(x+)', replacement: '$1$1'}";
  EXPECT_LT(relabel(long_names + "]", {}).size(), 10'000U);
}

TEST(RelabelRules, NamesThatComeAndGoAreTreatedAlikeAndForgotten) {
  use_up_lasting_names();
  Relabelled rules(
      "[{action: labelmap, regex: 'meta_(.+)'}, {action: labeldrop, regex: 'meta_.*'},"
      " {source_labels: [a], regex: '(.*)', target_label: 'new_$1', replacement: y}]");
  rules(Map{});
  const std::size_t before = LabelName::count();
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "n" + std::to_string(i);
    ASSERT_EQ(rules(Map{{"a", name}, {"meta_" + name, "x"}}),
              "a=" + name + " " + name + "=x new_" + name + "=y");
  }
  rules(Map{});
  EXPECT_EQ(LabelName::count(), before);
}

TEST(RelabelRules, CanBeMovedAndCompiledFromNonsense) {
  RelabelConfig bad;
  bad.regex = "(";
  bad.target_label = "x";
  RelabelConfig no_modulus;
  no_modulus.action = RelabelAction::kHashMod;
  no_modulus.target_label = "x";
  RelabelRules rules({bad, no_modulus});
  RelabelRules moved = std::move(rules);
  LabelSet set;
  set.reset();
  EXPECT_EQ(moved.apply(set), std::nullopt);
  EXPECT_TRUE(set.labels().empty());
}

}  // namespace
}  // namespace kubevitals::discovery
