#include "usage/api/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace kubevitals::usage {
namespace {

std::string number(double value) {
  std::string text;
  append_float(text, value);
  return text;
}

std::string time_text(Nanos time) {
  std::string text;
  append_time(text, time);
  return text;
}

std::string seconds_text(Nanos time) {
  TimeText seconds;
  std::string text;
  seconds.append_seconds(text, 86'400'000'000'000);
  text.clear();
  seconds.append_seconds(text, time);
  return text;
}

TEST(JsonText, FloatsAsGoWritesThem) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-2), "-2");
  EXPECT_EQ(number(123456789.25), "123456789.25");
  EXPECT_EQ(number(1e20), "100000000000000000000");
  EXPECT_EQ(number(1e21), "1e+21");
  EXPECT_EQ(number(0.000001), "0.000001");
  EXPECT_EQ(number(1.5e-7), "1.5e-7");
  EXPECT_EQ(number(1.5e-17), "1.5e-17");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonText, Times) {
  EXPECT_EQ(time_text(1'767'225'720'000'000'000), R"("2026-01-01T00:02:00Z")");
  EXPECT_EQ(time_text(1'767'225'720'120'000'000), R"("2026-01-01T00:02:00.12Z")");
  EXPECT_EQ(time_text(1), R"("1970-01-01T00:00:00.000000001Z")");
  EXPECT_EQ(time_text(-1), R"("1969-12-31T23:59:59.999999999Z")");
  EXPECT_EQ(time_text(kNoTime), R"("0001-01-01T00:00:00Z")");
  EXPECT_EQ(seconds_text(1'767'225'720'999'000'000), R"("2026-01-01T00:02:00Z")");
  EXPECT_EQ(seconds_text(1'767'225'599'000'000'000), R"("2025-12-31T23:59:59Z")");
  EXPECT_EQ(seconds_text(-1), R"("1969-12-31T23:59:59Z")");
  EXPECT_EQ(seconds_text(kNoTime), R"("0001-01-01T00:00:00Z")");
}

TEST(JsonText, Lists) {
  EXPECT_EQ(string_list({}), "[]");
  EXPECT_EQ(string_list({"a", "b\""}), R"(["a","b\""])");
}

TEST(JsonText, IndentsAsGoDoes) {
  const std::string json = R"({"a":[],"b":{},"c":[1,{"d":"x,[\"\\"}],"e":{"f":null}})";
  EXPECT_EQ(indent_json(json, "", "  "), R"({
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": "x,[\"\\"
    }
  ],
  "e": {
    "f": null
  }
})");
  EXPECT_EQ(indent_json(R"(["a"])", " ", " "), "[\n  \"a\"\n ]");
  EXPECT_EQ(indent_json("[]", " ", " "), "[]");
}

TEST(JsonText, IndentsPieceByPiece) {
  const std::string json = R"([{"a\"b":[1,2]},{},"\\"])";
  JsonIndenter indenter("", "  ");
  std::string out;
  for (const char c : json) indenter.append(out, std::string_view(&c, 1));
  EXPECT_EQ(out, indent_json(json, "", "  "));
}

std::string yaml_of(std::string_view json) {
  std::string out;
  YamlWriter().append(out, json);
  return out;
}

TEST(JsonText, Yaml) {
  const std::string json =
      R"({"a":[],"b":{},"c":[1,{"d":"x,[\"\\","e":true},[{"f":-1.5},[],{}]],"g":{"h":null}})";
  const std::string yaml = R"("a": []
"b": {}
"c":
  - 1
  - "d": "x,[\"\\"
    "e": true
  - - "f": -1.5
    - []
    - {}
"g":
  "h": null)";
  EXPECT_EQ(yaml_of(json), yaml);
  EXPECT_EQ(yaml_of("[]"), "[]");
  EXPECT_EQ(yaml_of(R"(["a",2])"), "- \"a\"\n- 2");
  YamlWriter writer;
  std::string pieces;
  for (const char c : json) writer.append(pieces, std::string_view(&c, 1));
  EXPECT_EQ(pieces, yaml);
}

}  // namespace
}  // namespace kubevitals::usage
