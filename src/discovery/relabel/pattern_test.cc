#include "discovery/relabel/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals::discovery {
namespace {

Pattern compile(std::string_view text) {
  Result<Pattern> pattern = Pattern::compile(text);
  EXPECT_TRUE(pattern) << text << ": " << (pattern ? "" : pattern.error().message);
  return pattern ? *std::move(pattern) : Pattern::nothing();
}

bool matches(std::string_view pattern, std::string_view text) {
  return compile(pattern).matches(text);
}

// The groups of the match, "-" for those that took no part; "no" when there is none.
std::string groups(std::string_view pattern, std::string_view text) {
  PatternMatch match;
  if (!compile(pattern).find(text, 0, match)) return "no";
  std::string out;
  for (const std::string_view& group : match.groups) {
    out.append(&group == match.groups.data() ? "" : "|").append(group.data() == nullptr ? "-" : group);
  }
  return out;
}

std::string error(std::string_view pattern) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  return compiled ? "" : compiled.error().message;
}

TEST(Pattern, MatchesWholeTexts) {
  EXPECT_TRUE(matches("f(.*)", "foo"));
  EXPECT_FALSE(matches("oo", "foo"));
  EXPECT_FALSE(matches("f|o", "foo"));
  EXPECT_TRUE(matches("foo|b.r", "bar"));
  EXPECT_TRUE(matches("line1.*line2", "line1\nline2"));
  EXPECT_FALSE(matches("foo$", "foo\n"));
  EXPECT_TRUE(matches("(?i)FoO", "foo"));
}

TEST(Pattern, NeedsNoRe2ForWhatIsUsual) {
  const auto simple = [](std::string_view text) { return compile(text).is_simple(); };
  for (const char* text : {".*", "(.*)", "(?:.*)", ".+", "(.+)", "", "()", "true", "a|b|c", "(a|b)", "(?:a|)",
                           "default;kubernetes;https", R"(10\.0\.0\.1|\*)", "a-b_c/d:80"}) {
    EXPECT_TRUE(simple(text)) << text;
  }
  for (const char* text :
       {"a.", "a*", "(a)|(b)", "((a))", "[ab]", R"(\d)", "^a", "a$", "(?i)a", "(?P<n>a)", "a{2}"}) {
    EXPECT_FALSE(simple(text)) << text;
  }
}

TEST(Pattern, SimpleOnesMatchAsRe2Does) {
  EXPECT_TRUE(matches(".*", "") && matches(".*", "a\nb") && matches(".*", "\xFF"));
  EXPECT_FALSE(matches(".+", ""));
  EXPECT_TRUE(matches(".+", "x"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_TRUE(matches("b|a|c", "a") && matches("b|a|c", "c"));
  EXPECT_FALSE(matches("b|a|c", "") || matches("b|a|c", "b|a|c"));
  EXPECT_TRUE(matches("a|", ""));
  EXPECT_TRUE(matches(R"(a\.b|c\|d)", "a.b") && matches(R"(a\.b|c\|d)", "c|d"));
  EXPECT_FALSE(matches(R"(a\.b)", "axb"));
  EXPECT_EQ(groups("(.*)", "x"), "x|x");
  EXPECT_EQ(groups(".*", "x"), "x");
  EXPECT_EQ(groups("(a|b)", "b"), "b|b");
  EXPECT_EQ(groups("(?:a|b)", "b"), "b");
  EXPECT_EQ(groups("(.*)", {}), "|");
}

TEST(Pattern, TellsEmptyGroupsFromThoseThatTookNoPart) {
  EXPECT_EQ(groups("(a)?(b*)", ""), "|-|");
  EXPECT_EQ(groups("([^:]+)(?::(\\d+))?", "host"), "host|host|-");
  EXPECT_EQ(groups("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "abcdefghijk"), "abcdefghijk|a|b|c|d|e|f|g|h|i|j|k");
}

TEST(Pattern, HasGoNamesOfGroups) {
  const Pattern pattern = compile(R"((a)(?P<x>b)(?<y>c)(?:d)(?<x>e)[(?P<no>](\(?<no>)?(?i:f)\Q(?<no>\E)");
  EXPECT_EQ(pattern.group_names(), (std::vector<std::string>{"", "", "x", "y", "x", ""}));
  EXPECT_TRUE(pattern.matches("abcde(F(?<no>") && pattern.matches("abcde?(<no>f(?<no>"));
}

TEST(Pattern, MayCloseTheParenthesisItIsWrappedIn) {
  EXPECT_TRUE(matches("a)|(b", "ax"));
  EXPECT_TRUE(matches("a)|(b", "xb"));
  EXPECT_FALSE(matches("a)|(b", "xa"));
}

TEST(Pattern, TakesBadBytesForReplacementCharacters) {
  EXPECT_TRUE(matches("a.b",
                      "a\xFF"
                      "b"));
  EXPECT_FALSE(matches("a.b",
                       "a\xFF\xFF"
                       "b"));
  EXPECT_EQ(groups("(a)(.)", "a\xFF"), "a\xEF\xBF\xBD|a|\xEF\xBF\xBD");
}

TEST(Pattern, ComplainsInGoWords) {
  EXPECT_EQ(error("(foo"), "error parsing regexp: missing closing ): `^(?s:(foo)$`");
  EXPECT_EQ(error("foo)"), "error parsing regexp: unexpected ): `^(?s:foo))$`");
  EXPECT_EQ(error("a**"), "error parsing regexp: invalid nested repetition operator: `**`");
  EXPECT_EQ(error("(?=a)"), "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
  EXPECT_EQ(error("[b-a]"), "error parsing regexp: invalid character class range: `b-a`");
  EXPECT_EQ(error(R"(\C)"), "error parsing regexp: invalid escape sequence: `\\C`");
  EXPECT_EQ(error(R"(\1)"), "error parsing regexp: invalid escape sequence: `\\1`");
  EXPECT_EQ(error("a{1001}"), "error parsing regexp: invalid repeat count: `{1001}`");
  EXPECT_EQ(error("(?P<n"), "error parsing regexp: invalid named capture: `(?P<n)$`");
  EXPECT_EQ(error("(?P<n>?:a)"), "error parsing regexp: missing argument to repetition operator: `?`");
}

}  // namespace
}  // namespace kubevitals::discovery
