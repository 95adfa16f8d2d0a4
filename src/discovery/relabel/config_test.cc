#include "discovery/relabel/config.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals::discovery {
namespace {

constexpr NameValidation kLegacy = NameValidation::kLegacy;
constexpr NameValidation kUtf8 = NameValidation::kUtf8;

std::vector<RelabelConfig> read(const std::string& yaml, YamlProblems& problems,
                                NameValidation scheme = kUtf8) {
  const Result<YamlValue> document = parse_yaml(yaml, problems);
  EXPECT_TRUE(document) << yaml;
  return document ? read_relabel_configs(*document, scheme, "target") : std::vector<RelabelConfig>();
}

// The complaints, one a line, without their lines; empty when the rules are accepted.
std::string problems_of(const std::string& yaml, NameValidation scheme = kUtf8) {
  YamlProblems problems("");
  read(yaml, problems, scheme);
  std::string all;
  for (const std::string& problem : problems.found()) {
    all.append(all.empty() ? "" : "\n").append(problem, problem.find(": ") + 2);
  }
  return all;
}

RelabelConfig rule(const std::string& yaml) {
  YamlProblems problems("");
  const auto configs = read(yaml, problems);
  EXPECT_TRUE(problems.empty()) << problems.found().front();
  return configs.size() == 1 ? configs[0] : RelabelConfig();
}

TEST(RelabelConfig, HasTheDefaultsOfTheIncumbent) {
  const RelabelConfig config = rule("[{target_label: x}]");
  EXPECT_EQ(config.action, RelabelAction::kReplace);
  EXPECT_EQ(config.regex, "(.*)");
  EXPECT_EQ(config.separator, ";");
  EXPECT_EQ(config.replacement, "$1");
  EXPECT_TRUE(config.source_labels.empty());
}

TEST(RelabelConfig, NullIsEmptyAndNotTheDefault) {
  const RelabelConfig config = rule("[{target_label: x, regex: , separator: ~, replacement: null}]");
  EXPECT_EQ(config.regex, "");
  EXPECT_EQ(config.separator, "");
  EXPECT_EQ(config.replacement, "");
  EXPECT_EQ(problems_of("[{target_label: x, action: }]"), "[0]: relabel action cannot be empty");
  EXPECT_EQ(problems_of("~"), "");
}

TEST(RelabelConfig, ReadsEveryKey) {
  const RelabelConfig config = rule(
      "[{source_labels: [a, 'b c', 5], separator: '-', modulus: 0x10, target_label: t, action: HashMod}]");
  EXPECT_EQ(config.source_labels, (std::vector<std::string>{"a", "b c", "5"}));
  EXPECT_EQ(config.separator, "-");
  EXPECT_EQ(config.modulus, 16U);
  EXPECT_EQ(config.target_label, "t");
  EXPECT_EQ(config.action, RelabelAction::kHashMod);
  EXPECT_EQ(rule("[{regex: 8080, action: labeldrop}]").regex, "8080");
}

TEST(RelabelConfig, RefusesWhatIsNoRule) {
  EXPECT_EQ(problems_of("- a\n- ~\n- {}"),
            "[0]: expected a mapping\n"
            "[1]: empty or null target relabeling rule in scrape config\n"
            "[2]: relabel configuration for replace action requires 'target_label' value");
  EXPECT_EQ(problems_of("a: b"), "expected a list, not a mapping");
  EXPECT_EQ(problems_of("[{target_label: x, sources: [a]}]"), "[0].sources: unknown key");
  EXPECT_NE(problems_of("[{target_label: x, source_labels: a}]"), "");
  EXPECT_NE(problems_of("[{target_label: x, modulus: -1}]"), "");
  EXPECT_NE(problems_of("[{target_label: x, regex: [a]}]"), "");
  EXPECT_EQ(problems_of("[{target_label: x, source_labels: ['']}]"),
            "[0].source_labels[0]: \"\" is not a valid label name");
}

TEST(RelabelConfig, RefusesUnknownActionsAndBadExpressionsBeforeTheRest) {
  EXPECT_EQ(problems_of("[{action: X}]"), "[0].action: unknown relabel action \"X\"");
  EXPECT_EQ(problems_of("[{action: ''}]"), "[0].action: unknown relabel action \"\"");
  EXPECT_EQ(problems_of("[{regex: '(a'}]"),
            "[0].regex: error parsing regexp: missing closing ): `^(?s:(a)$`");
}

TEST(RelabelConfig, ActionsNeedTheirTarget) {
  EXPECT_EQ(problems_of("[{action: hashmod, target_label: x}]"),
            "[0]: relabel configuration for hashmod requires non-zero modulus");
  for (const std::string action : {"replace", "lowercase", "uppercase", "keepequal", "dropequal"}) {
    EXPECT_EQ(problems_of("[{action: " + action + "}]"),
              "[0]: relabel configuration for " + action + " action requires 'target_label' value");
  }
  EXPECT_EQ(problems_of("[{action: hashmod, modulus: 2}]"),
            "[0]: relabel configuration for hashmod action requires 'target_label' value");
  EXPECT_EQ(problems_of("[{action: keep}, {action: drop}, {action: labelmap}, {action: labeldrop}]"), "");
}

// Whether a target label is accepted by an action: under the legacy scheme, then under the other.
std::string accepted(const std::string& action, const std::string& target) {
  const std::string yaml = "[{action: " + action + ", modulus: " + (action == "hashmod" ? "2" : "0") +
                           ", target_label: \"" + target + "\"}]";
  const auto verdict = [&](NameValidation scheme) {
    const std::string problems = problems_of(yaml, scheme);
    EXPECT_TRUE(problems.empty() ||
                problems.ends_with(" is invalid 'target_label' for " + action + " action"))
        << problems;
    return problems.empty() ? "yes" : "no";
  };
  return std::string(verdict(kLegacy)) + " " + verdict(kUtf8);
}

TEST(RelabelConfig, ChecksTheNameOfTheTarget) {
  EXPECT_EQ(accepted("replace", "a_1"), "yes yes");
  EXPECT_EQ(accepted("replace", "1a"), "no yes");
  EXPECT_EQ(accepted("replace", "a.b"), "no yes");
  EXPECT_EQ(accepted("replace", "a${1}b$2_c${n}1"), "yes yes");
  EXPECT_EQ(accepted("replace", "${1}1"), "yes yes");
  EXPECT_EQ(accepted("replace", "1$1"), "no yes");
  EXPECT_EQ(accepted("replace", "-${1}"), "no yes");
  EXPECT_EQ(accepted("replace", "a$"), "no yes");
  EXPECT_EQ(accepted("replace", "a${"), "no yes");
  EXPECT_EQ(accepted("replace", "$$"), "no yes");
  for (const char* action : {"lowercase", "uppercase", "keepequal", "dropequal", "hashmod"}) {
    EXPECT_EQ(accepted(action, "a"), "yes yes");
    EXPECT_EQ(accepted(action, "${1}"), "no yes");
  }
  EXPECT_EQ(problems_of(R"([{target_label: "a\n"}])", kLegacy),
            R"([0]: "a\n" is invalid 'target_label' for replace action)");
}

TEST(RelabelConfig, ChecksTheReplacement) {
  EXPECT_EQ(problems_of("[{action: labelmap, replacement: 'x${1}'}, {action: labelmap, replacement: 'a.$1'}]",
                        kLegacy),
            "[1]: \"a.$1\" is invalid 'replacement' for labelmap action");
  EXPECT_EQ(problems_of("[{action: labelmap, replacement: 'a.$1'}]"), "");
  EXPECT_EQ(problems_of("[{action: labelmap, replacement: ''}]"),
            "[0]: \"\" is invalid 'replacement' for labelmap action");
  EXPECT_EQ(problems_of("[{action: lowercase, target_label: a, replacement: b}]"),
            "[0]: 'replacement' can not be set for lowercase action");
}

TEST(RelabelConfig, ActionsRefuseWhatTheyDoNotLookAt) {
  const std::string equal =
      "[0]: keepequal action requires only 'source_labels' and `target_label`, and no other fields";
  EXPECT_EQ(problems_of("[{action: keepequal, target_label: a, source_labels: [b], separator: ;}]"), "");
  EXPECT_EQ(problems_of("[{action: keepequal, target_label: a, regex: (.*)}]"), equal);
  EXPECT_EQ(problems_of("[{action: keepequal, target_label: a, regex: }]"), equal);
  EXPECT_EQ(problems_of("[{action: keepequal, target_label: a, modulus: 1}]"), equal);
  EXPECT_EQ(problems_of("[{action: keepequal, target_label: a, separator: ','}]"), equal);
  const std::string names = "[0]: labeldrop action requires only 'regex', and no other fields";
  EXPECT_EQ(problems_of("[{action: labeldrop, regex: a, separator: ;, replacement: $1, source_labels: }]"),
            "");
  EXPECT_EQ(problems_of("[{action: labeldrop, source_labels: []}]"), names);
  EXPECT_EQ(problems_of("[{action: labeldrop, target_label: a}]"), names);
  EXPECT_EQ(problems_of("[{action: labeldrop, modulus: 1}]"), names);
  EXPECT_EQ(problems_of("[{action: labeldrop, separator: }]"), names);
  EXPECT_EQ(problems_of("[{action: labeldrop, replacement: b}]"), names);
}

}  // namespace
}  // namespace kubevitals::discovery
