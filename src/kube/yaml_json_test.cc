#include "kube/yaml_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "base/yaml_scalar.h"

namespace kubevitals::kube {
namespace {

using testing::HasSubstr;

// The JSON without its line breaks, or the error.
std::string json_of(const std::string& yaml, const YamlLimits& limits = {}) {
  std::istringstream input(yaml);
  std::string json;
  const auto converted = convert_yaml_to_json(
      input,
      [&](std::string_view piece) {
        json.append(piece);
        return true;
      },
      limits);
  if (!converted) return "error: " + converted.error().message;
  std::erase(json, '\n');
  return json;
}

std::string scalar(std::string_view text, std::string_view tag = "?") {
  const auto resolved = resolve_yaml_scalar(tag, text);
  return resolved ? resolved->json : "error: " + resolved.error().message;
}

TEST(YamlScalar, PlainOnesAreTyped) {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(scalar(text), "null") << text;
  for (const char* text : {"true", "True", "TRUE", "yes", "on", "y"}) EXPECT_EQ(scalar(text), "true") << text;
  for (const char* text : {"false", "No", "OFF", "n"}) EXPECT_EQ(scalar(text), "false") << text;
  for (const char* text : {"tRUE", "nUll", "10Gi", "1.2.3", "2024-01-02", "2024-01-02T03:04:05Z", "-", "+",
                           ".", "0x", "1e", "12:30", "0b102", "1e999", "--1", "a b"}) {
    EXPECT_EQ(scalar(text), "\"" + std::string(text) + "\"") << text;
  }
}

TEST(YamlScalar, Integers) {
  const std::pair<const char*, const char*> cases[] = {{"0", "0"},
                                                       {"-0", "0"},
                                                       {"+5", "5"},
                                                       {"1_000", "1000"},
                                                       {"0x1F", "31"},
                                                       {"-0x1F", "-31"},
                                                       {"0o17", "15"},
                                                       {"017", "15"},
                                                       {"0b101", "5"},
                                                       {"-0b101", "-5"},
                                                       {"08", "8"},
                                                       {"9223372036854775807", "9223372036854775807"},
                                                       {"-9223372036854775808", "-9223372036854775808"},
                                                       {"18446744073709551615", "18446744073709551615"}};
  for (const auto& [text, json] : cases) EXPECT_EQ(scalar(text), json) << text;
}

TEST(YamlScalar, FloatingPointNumbers) {
  const std::pair<const char*, const char*> cases[] = {{"0.5", "0.5"},
                                                       {".5", "0.5"},
                                                       {"1.", "1"},
                                                       {"-1.50", "-1.5"},
                                                       {"1e3", "1000"},
                                                       {"1E-7", "1e-07"},
                                                       {"+.5", "0.5"},
                                                       {"1e-999", "0"},
                                                       {"18446744073709551616", "18446744073709552000"},
                                                       {"1e21", "1e+21"},
                                                       {"-1234567890123456.5", "-1234567890123456.5"}};
  for (const auto& [text, json] : cases) EXPECT_EQ(scalar(text), json) << text;
  EXPECT_THAT(scalar(".inf"), HasSubstr("a number that JSON does not have"));
  EXPECT_THAT(scalar("-.Inf"), HasSubstr("error"));
  EXPECT_THAT(scalar(".nan"), HasSubstr("error"));
}

TEST(YamlScalar, QuotedAndTaggedOnes) {
  EXPECT_EQ(scalar("true", "!"), "\"true\"");
  EXPECT_EQ(scalar("12", "!"), "\"12\"");
  EXPECT_EQ(scalar("12", "tag:yaml.org,2002:str"), "\"12\"");
  EXPECT_EQ(scalar("12", "tag:yaml.org,2002:int"), "12");
  EXPECT_EQ(scalar("12", "tag:yaml.org,2002:float"), "12");
  EXPECT_EQ(scalar("x", "!custom"), "\"x\"");
  EXPECT_THAT(scalar("x", "tag:yaml.org,2002:int"), HasSubstr("\"x\" is no !!int"));
  EXPECT_THAT(scalar("eA==", "tag:yaml.org,2002:binary"), HasSubstr("not supported"));
}

TEST(YamlScalar, StringsAreEscaped) {
  EXPECT_EQ(scalar("a\"b\\c\nd\te\x01", "!"), "\"a\\\"b\\\\c\\nd\\u0009e\\u0001\"");
  EXPECT_EQ(scalar("ünï", "!"), "\"ünï\"");
}

TEST(YamlJson, ConvertsNestedCollections) {
  EXPECT_EQ(json_of("a: 1\nb: [x, 'true', {c: null}]\nd: {}\ne: []\nf:\n- - 1\n  - 2\n"),
            R"({"a":1,"b":["x","true",{"c":null}],"d":{},"e":[],"f":[[1,2]]})");
}

TEST(YamlJson, KeepsBlockText) {
  EXPECT_EQ(json_of("a: |\n  one\n  two\nb: >-\n  one\n  two\n"), R"({"a":"one\ntwo\n","b":"one two"})");
}

TEST(YamlJson, ConvertsEachDocument) {
  EXPECT_EQ(json_of("a: 1\n---\n---\nb: 2\n...\n"), R"({"a":1}null{"b":2})");
  EXPECT_EQ(json_of(""), "");
  EXPECT_EQ(json_of("# nothing\n"), "");
}

TEST(YamlJson, ValuesStandOnTheirLine) {
  std::istringstream input("# comment\n\na: 1\nb:\n\n- x\n---\n\nc: |\n  t\n\nd: 1\n");
  std::string json;
  ASSERT_TRUE(convert_yaml_to_json(input, [&](std::string_view piece) {
    json.append(piece);
    return true;
  }));
  const auto line_of = [&](std::string_view text) {
    return 1 + std::count(json.begin(), json.begin() + static_cast<std::ptrdiff_t>(json.find(text)), '\n');
  };
  EXPECT_EQ(line_of("\"a\""), 3);
  EXPECT_EQ(line_of("\"b\""), 4);
  EXPECT_EQ(line_of("\"x\""), 6);
  EXPECT_EQ(line_of("\"c\""), 9);
  EXPECT_EQ(line_of("\"d\""), 12);
}

TEST(YamlJson, KeysAreStrings) {
  EXPECT_EQ(json_of("1: a\ntrue: b\n'2': c\n0x10: d\n"), R"({"1":"a","true":"b","2":"c","16":"d"})");
  EXPECT_EQ(json_of("a: 1\nb: 2\na: 3\n"), "error: line 3: the key \"a\" is there twice");
  EXPECT_EQ(json_of("{1: a, '1': b}"), "error: line 1: the key \"1\" is there twice");
  EXPECT_EQ(json_of("? [a]\n: b\n"), "error: line 1: a key is not a scalar");
  EXPECT_EQ(json_of("? {a: b}\n: b\n"), "error: line 1: a key is not a scalar");
  EXPECT_EQ(json_of("~: b\n"), "error: line 1: a key is null");
}

TEST(YamlJson, ResolvesAliases) {
  EXPECT_EQ(json_of("a: &x {b: 1}\nc: *x\nd: [*x, &y 'two', *y]\n"),
            R"({"a":{"b":1},"c":{"b":1},"d":[{"b":1},"two","two"]})");
  EXPECT_EQ(json_of("&k a: *k\n*k : 2"), "error: line 2: the key \"a\" is there twice");
  EXPECT_EQ(json_of("x: &k a\n*k : 2"), R"({"x":"a","a":2})");
  EXPECT_THAT(json_of("a: *unknown\n"), HasSubstr("error: line 1: "));
  EXPECT_EQ(json_of("a: &x\n  b: *x\n"), "error: line 2: an alias stands inside of what it refers to");
  EXPECT_THAT(json_of("a: &x 1\n---\nb: *x\n"), HasSubstr("error: line 3: "));
  EXPECT_EQ(json_of("x: &k [1]\n*k : 2"), "error: line 2: a key is not a scalar");
}

TEST(YamlJson, MergesMappings) {
  EXPECT_EQ(json_of("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 9\n"),
            R"({"a":{"b":1,"c":2},"d":{"b":9,"c":2}})");
  EXPECT_EQ(json_of("d: {b: 9, <<: {b: 1, c: [2]}}"), R"({"d":{"b":9,"c":[2]}})");
  EXPECT_EQ(json_of("a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y, {f: 4}]}"),
            R"({"a":{"b":1},"c":{"b":2,"d":3},"e":{"b":1,"d":3,"f":4}})");
  // What was merged is merged on.
  EXPECT_EQ(json_of("a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y}"),
            R"({"a":{"b":1},"c":{"d":2,"b":1},"e":{"d":2,"b":1}})");
  EXPECT_EQ(json_of("'<<': 1"), R"({"<<":1})");
  for (const char* yaml : {"<<: 1", "<<: [1]", "<<: [[a]]", "a: &x 1\n<<: *x", "<<: ~"}) {
    EXPECT_THAT(json_of(yaml), HasSubstr("only mappings can be merged")) << yaml;
  }
}

TEST(YamlJson, AliasesMayNotExplode) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) yaml += ", " + before;
    yaml += "]\n";
  }
  EXPECT_THAT(json_of(yaml), HasSubstr("its aliases make it too large"));
  EXPECT_THAT(json_of("a: &x aaaaaaaaaa\nb: [*x, *x]", {.max_expansion_bytes = 20}), HasSubstr("too large"));
}

TEST(YamlJson, DeepNestingIsAnError) {
  EXPECT_THAT(json_of(std::string(100'000, '[')), HasSubstr("error"));
  EXPECT_THAT(json_of(std::string(5'000, '[') + std::string(5'000, ']')), HasSubstr("error"));
}

TEST(YamlJson, SyntaxErrorsHaveALine) {
  EXPECT_THAT(json_of("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("error: line "));
  EXPECT_THAT(json_of("a: 1\n  b: 2\n"), HasSubstr("error: line 2"));
  EXPECT_THAT(json_of("a: \"\\q\"\n"), HasSubstr("error: line 1"));
}

TEST(YamlJson, WhatCannotBeginADocumentIsAnError) {
  for (const char* text : {",", "}", "a: b\n---\n] c", "{a: b} }"}) {
    EXPECT_THAT(json_of(text), HasSubstr("error: line ")) << text;
  }
  EXPECT_THAT(json_of("---\n---\n---\n"), testing::Not(HasSubstr("error: line ")));
}

TEST(YamlJson, SinkCanEndTheConversion) {
  std::istringstream input("a: 1\n---\nb: 2\n");
  int calls = 0;
  EXPECT_TRUE(convert_yaml_to_json(input, [&](std::string_view) {
    ++calls;
    return false;
  }));
  EXPECT_EQ(calls, 1);
}

TEST(YamlJson, HandsLargeDocumentsOverInPieces) {
  std::string yaml = "items:\n";
  for (int i = 0; i < 20'000; ++i) yaml += "- {name: item-" + std::to_string(i) + "}\n";
  std::istringstream input(yaml);
  std::size_t largest = 0;
  std::size_t total = 0;
  ASSERT_TRUE(convert_yaml_to_json(input, [&](std::string_view piece) {
    largest = std::max(largest, piece.size());
    total += piece.size();
    return true;
  }));
  EXPECT_GT(total, std::size_t{400'000});
  EXPECT_LT(largest, std::size_t{100'000});
}

}  // namespace
}  // namespace kubevitals::kube
