#include "base/yaml_fields.h"

#include <gtest/gtest.h>

#include <fstream>

namespace kubevitals {
namespace {

// A text and what was found wrong with it.
class Document {
 public:
  explicit Document(const std::string& text) : problems_("f.yml"), value_(parse_yaml(text, problems_)) {}

  const YamlValue& root() const { return value_.value(); }
  YamlValue operator[](std::string_view key) const { return YamlMapping(root()).get(key); }
  std::string error() const { return value_ ? "" : value_.error().message; }
  // All problems, one a line.
  std::string complaints() const {
    const Result<void> result = problems_.result();
    return result ? "" : result.error().message;
  }

 private:
  YamlProblems problems_;
  Result<YamlValue> value_;
};

// How the value of `a` reads as a T: its text, or what is complained about.
template <typename T>
std::string as(const std::string& yaml) {
  const Document document("a: " + yaml);
  if (!document.error().empty()) return document.error();
  T out{};
  const bool read = document["a"].read(out);
  if (!read) return document.complaints();
  if constexpr (std::is_same_v<T, std::string>) {
    return out;
  } else {
    return std::to_string(out);
  }
}

// The keys and texts of a mapping, and complaints.
std::string members_of(const std::string& text) {
  const Document document(text);
  if (!document.error().empty()) return document.error();
  std::string shown;
  for (const auto& [key, value] : document.root().members()) {
    std::string read = "?";
    if (value.is_scalar()) static_cast<void>(value.read(read));
    shown += key + "=" + read + " ";
  }
  return shown + document.complaints();
}

TEST(YamlFields, ReadsAnyPlainScalarAsText) {
  EXPECT_EQ(as<std::string>("8080"), "8080");
  EXPECT_EQ(as<std::string>("0x1F"), "0x1F");
  EXPECT_EQ(as<std::string>("yes"), "yes");
  EXPECT_EQ(as<std::string>("2001-01-01"), "2001-01-01");
  EXPECT_EQ(as<std::string>(".inf"), ".inf");
  EXPECT_EQ(as<std::string>("!foo x"), "x");
  EXPECT_EQ(as<std::string>("!!str 1"), "1");
  EXPECT_EQ(as<std::string>("~"), "");
  EXPECT_EQ(as<std::string>("'~'"), "~");
  EXPECT_EQ(as<std::string>("[x]"), "f.yml:1: a: expected a text, not a list");
  EXPECT_EQ(as<std::string>("{x: y}"), "f.yml:1: a: expected a text, not a mapping");
}

TEST(YamlFields, ReadsNumbersAndBooleansOnlyWhenPlain) {
  EXPECT_EQ(as<int>("0x1F"), "31");
  EXPECT_EQ(as<int>("1_000"), "1000");
  EXPECT_EQ(as<int>("1e3"), "1000");
  EXPECT_EQ(as<int>("null"), "0");
  EXPECT_EQ(as<int>("'1'"), "f.yml:1: a: expected a whole number");
  EXPECT_EQ(as<int>("1.5"), "f.yml:1: a: expected a whole number");
  EXPECT_EQ(as<int>(".inf"), "f.yml:1: a: expected a whole number");
  EXPECT_EQ(as<int>("2147483648"), "f.yml:1: a: the number is too big");
  EXPECT_EQ(as<std::int64_t>("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(as<std::int64_t>("9223372036854775808"), "f.yml:1: a: the number is too big");
  EXPECT_EQ(as<std::uint64_t>("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(as<std::uint64_t>("-1"), "f.yml:1: a: expected a whole number that is not negative");
  EXPECT_EQ(as<std::uint16_t>("65536"), "f.yml:1: a: expected a number from 0 to 65535");
  EXPECT_EQ(as<bool>("on"), "1");
  EXPECT_EQ(as<bool>("'true'"), "f.yml:1: a: expected true or false");
  EXPECT_EQ(as<bool>("1"), "f.yml:1: a: expected true or false");
  EXPECT_EQ(as<double>("-.INF"), "-inf");
  EXPECT_EQ(as<double>("1.1"), "1.100000");
  EXPECT_EQ(as<double>("x"), "f.yml:1: a: expected a number");
  EXPECT_EQ(as<int>("!!int x"), "f.yml:1: a: the text is not what its tag says");
}

TEST(YamlFields, ReadsTheBytesOfBinary) {
  EXPECT_EQ(as<std::string>("!!binary aGk="), "hi");
  EXPECT_EQ(as<std::string>("!!binary /w=="), "\xFF");
  EXPECT_EQ(as<std::string>("!!binary '?'"), "f.yml:1: a: the text of a !!binary is no base64");
  EXPECT_EQ(members_of("!!binary aGk=: x"), "hi=x ");
}

TEST(YamlFields, TellsNullFromNothing) {
  const Document document("a:\nb: ~\nc: ''");
  EXPECT_TRUE(document["a"].is_null());
  EXPECT_TRUE(document["b"].is_null());
  EXPECT_FALSE(document["c"].is_null());
  EXPECT_FALSE(document["d"].is_null());
  EXPECT_TRUE(document["d"].is_missing());
  std::optional<bool> out = true;
  EXPECT_TRUE(document["a"].read(out));
  EXPECT_EQ(out, std::nullopt);
}

TEST(YamlFields, AnEmptyTextIsNull) {
  EXPECT_TRUE(Document("").root().is_null());
  EXPECT_TRUE(Document("# nothing\n").root().is_null());
  EXPECT_EQ(members_of(""), "");
}

TEST(YamlFields, ReadsOnlyTheFirstDocument) {
  EXPECT_EQ(members_of("a: 1\n---\nb: 2\n"), "a=1 ");
}

TEST(YamlFields, LeavesNoRestOfTheDocumentUnread) {
  const std::string rest = ": no YAML: this does not belong to what is before";
  EXPECT_EQ(Document("- a\nb: c\n").error(), "f.yml:2" + rest);
  EXPECT_EQ(Document("- a\n-b\n").error(), "f.yml:2" + rest);
  EXPECT_NE(Document("a: b\n- c\n").error(), "");
  EXPECT_NE(Document("  a: b\nc: d\n").error(), "");
  EXPECT_NE(Document("a: b\n}\nc: d\n").error(), "");
  EXPECT_NE(Document("[a]\nb: c\n").error(), "");
  EXPECT_NE(Document("{a: b}\nc: d\n").error(), "");
  EXPECT_NE(Document("a\n...b: c").error(), "");
  for (const char* const good :
       {"a: 1\n...\nb", "a: 1\n... # end\n# x\n\n  b", "---\na: 1\n--- [", "--- a", "\xEF\xBB\xBF- a\n--- b",
        "a: 1\n\n# end\n", "%YAML 1.1\n---\na: 1\n...\n"}) {
    EXPECT_EQ(Document(good).error(), "") << good;
  }
}

TEST(YamlFields, EndsNoQuotesAtTheEndOfTheFile) {
  const std::string endless = ": no YAML: a quote without an end";
  EXPECT_EQ(Document("a: 1\nb: 'c\nd: e\n").error(), "f.yml:2" + endless);
  EXPECT_EQ(Document("- \"c\nd: e\n\n").error(), "f.yml:1" + endless);
  EXPECT_NE(Document("- \"c\nd: e").error(), "");
  EXPECT_EQ(as<std::string>("|\n  b"), "b");
  EXPECT_EQ(as<std::string>("|+\n  b\n\n"), "b\n\n");
  EXPECT_EQ(as<std::string>("'b'"), "b");
  EXPECT_EQ(as<std::string>("b # c"), "b");
}

TEST(YamlFields, RefusesKeysGivenTwice) {
  EXPECT_EQ(members_of("a: 1\nb: 2\na: 3\n"), "a=1 b=2 f.yml:3: the key \"a\" is given twice");
  EXPECT_EQ(members_of("? [a]\n: 1\n"), "f.yml:1: expected a key that is a text");
}

TEST(YamlFields, FollowsMergeKeys) {
  const std::string base = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n";
  const auto merged = [&](const std::string& text) {
    const Document document(base + text);
    std::string shown;
    for (const auto& [key, value] : document["z"].members()) {
      std::string read;
      static_cast<void>(value.read(read));
      shown += key + "=" + read + " ";
    }
    return shown + document.complaints();
  };
  EXPECT_EQ(merged("z: {<<: *x, a: 0}"), "a=0 b=2 ");
  EXPECT_EQ(merged("z: {<<: [*y, *x]}"), "b=3 c=4 a=1 ");
  EXPECT_EQ(merged("z: {'<<': 5}"), "<<=5 ");
  EXPECT_EQ(merged("z: {<<: 5}"), "f.yml:3: z: what is merged must be a mapping or a list of mappings");
  EXPECT_EQ(merged("z: {<<: }"), "f.yml:3: z: what is merged must be a mapping or a list of mappings");
  EXPECT_EQ(merged("z: {<<: {<<: *x, a: 7}, b: 9}"), "b=9 a=7 ");
}

TEST(YamlFields, ComplainsWithLineAndPath) {
  const Document document("a:\n  - b: 1\n    c: x\n    d:\n      e: 1\n");
  YamlMapping mapping(document["a"].items().at(0));
  int out = 0;
  EXPECT_TRUE(mapping.read("b", out));
  EXPECT_FALSE(mapping.read("c", out));
  mapping.complain("z", "is needed");
  mapping.finish();
  EXPECT_EQ(document.complaints(),
            "f.yml:3: a[0].c: expected a whole number\n"
            "f.yml:2: a[0].z: is needed\n"
            "f.yml:4: a[0].d: unknown key");
}

TEST(YamlFields, KnowsWhereNothingStands) {
  const auto lines = [](const std::string& text) {
    const Document document("a:\n" + text);
    std::string shown;
    for (const YamlValue& item : document["a"].items()) shown += std::to_string(item.line()) + " ";
    return shown;
  };
  EXPECT_EQ(lines("- x\n-\n- y\n"), "2 3 4 ");
  EXPECT_EQ(lines("-\n\n  # nothing\n- ~\n-"), "2 5 6 ");
  EXPECT_EQ(lines("-\n-\n\nb: 1\n"), "2 3 ");
  EXPECT_EQ(lines("- null\n- Null\n"), "2 3 ");
  EXPECT_EQ(Document("a:\n\nb: 1\n")["a"].line(), 1);
  EXPECT_EQ(Document("ü: ü\na:\n\n")["a"].line(), 2);
}

TEST(YamlFields, ComplainsOnOneLine) {
  const Document document("{\"a\\nb\": 1, !!binary /w==: 1, \"\\x85\": 1, ü: 1}");
  YamlMapping(document.root()).finish();
  EXPECT_EQ(document.complaints(),
            "f.yml:1: a\\x0ab: unknown key\n"
            "f.yml:1: \\xff: unknown key\n"
            "f.yml:1: \\xc2\\x85: unknown key\n"
            "f.yml:1: ü: unknown key");
}

TEST(YamlFields, SaysTheSameOnlyOnce) {
  const Document document("a: x");
  int out = 0;
  EXPECT_FALSE(document["a"].read(out));
  EXPECT_FALSE(document["a"].read(out));
  EXPECT_EQ(document.complaints(), "f.yml:1: a: expected a whole number");
}

TEST(YamlFields, SaysNoMoreThanAPersonReads) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const Document document(text);
  YamlMapping(document.root()).finish();
  const std::string complaints = document.complaints();
  EXPECT_EQ(std::count(complaints.begin(), complaints.end(), '\n'), 200);
  EXPECT_TRUE(complaints.ends_with("f.yml: and more"));
}

TEST(YamlFields, RefusesWhatIsNoYaml) {
  EXPECT_EQ(Document("a: [1").error().substr(0, 8), "f.yml:1:");
  EXPECT_EQ(Document("a: b\nc: \xFF\n").error(), "f.yml:2: no YAML: not UTF-8");
  EXPECT_EQ(Document("a: b\n\nc: \x01\n").error(), "f.yml:3: no YAML: a control character");
  EXPECT_EQ(Document(std::string("a\0b", 3)).error(), "f.yml:1: no YAML: a control character");
  EXPECT_EQ(Document("a: \xC2\x80").error(), "f.yml:1: no YAML: a control character");
  EXPECT_EQ(Document("a: \xC2\x85\xC2\xA0\xEF\xBF\xBD").error(), "");
  EXPECT_EQ(Document("a: *b").error().substr(0, 8), "f.yml:1:");
}

TEST(YamlFields, RefusesAliasesWithoutEnd) {
  EXPECT_EQ(Document("a: &a [*a]").error(), "f.yml: nested too deeply");
  EXPECT_EQ(Document("a: &a {<<: *a}").error(), "f.yml: nested too deeply");
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  EXPECT_EQ(Document(deep + std::string(200, ']')).error(), "f.yml: nested too deeply");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  EXPECT_EQ(Document(bomb).error(), "f.yml: aliases that multiply");
}

TEST(YamlFields, UsesAnAliasAsOftenAsAPersonWould) {
  std::string text = "x: &x {a: 1, b: 2}\nlist:\n";
  for (int i = 0; i < 500; ++i) text += "- *x\n";
  EXPECT_EQ(Document(text)["list"].items().size(), 500u);
}

TEST(ReadTextFile, SaysWhatDoesNotWork) {
  const std::string path = ::testing::TempDir() + "/kubevitals_read_text_file";
  std::ofstream(path) << "a\nb";
  EXPECT_EQ(read_text_file(path).value(), "a\nb");
  EXPECT_EQ(read_text_file("/dev/null").value(), "");
  EXPECT_EQ(read_text_file("/none").error().message, "cannot read /none: No such file or directory");
  EXPECT_EQ(read_text_file("/").error().message, "cannot read /: Is a directory");
  EXPECT_EQ(read_text_file("/dev/zero").error().message, "cannot read /dev/zero: the file is too big");
}

TEST(YamlFields, QuotesAroundEmptyLinesHaveThem) {
  const Document document(
      "a: '\n\n  '\nb: \"\n\n\n \"\nc: ['\n\n', é, '\n', '', '\n\n x', \"\\n\"]\nd: {e: '\n\n'}\n");
  EXPECT_EQ(document.error(), "");
  std::string text;
  EXPECT_TRUE(document["a"].read(text));
  EXPECT_EQ(text, "\n");
  EXPECT_TRUE(document["b"].read(text));
  EXPECT_EQ(text, "\n\n");
  std::vector<std::string> texts;
  for (const YamlValue& item : document["c"].items()) {
    EXPECT_TRUE(item.read(text));
    texts.push_back(text);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"\n", "é", " ", "", "\nx", "\n"}));
  EXPECT_TRUE(YamlMapping(document["d"]).get("e").read(text));
  EXPECT_EQ(text, "\n");
}

}  // namespace
}  // namespace kubevitals
