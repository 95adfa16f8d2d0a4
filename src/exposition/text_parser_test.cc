#include "exposition/text_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace kubevitals::exposition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TextSample read_one(std::string_view text) {
  TextParser parser(text);
  const Result<const TextSample*> sample = parser.next();
  EXPECT_TRUE(sample) << text << ": " << (sample ? "" : sample.error().message);
  if (!sample || *sample == nullptr) return {};
  TextSample copy = **sample;
  // What stands in the parser ends with it.
  for (TextLabel& label : copy.labels) {
    static std::deque<std::string> kept;
    label.value = kept.emplace_back(label.value);
  }
  const Result<const TextSample*> end = parser.next();
  EXPECT_TRUE(end && *end == nullptr) << text;
  return copy;
}

std::string error(std::string_view text) {
  TextParser parser(text);
  while (true) {
    const Result<const TextSample*> sample = parser.next();
    if (!sample) {
      EXPECT_EQ(sample.error().code, ErrorCode::kInvalid);
      return sample.error().message;
    }
    if (*sample == nullptr) return "no error";
  }
}

TEST(TextParser, SamplesInTheirOrder) {
  TextParser parser(
      "# HELP a b\n# TYPE a counter\n\n"
      "a{x=\"1\",y=\"2\"} 1.5 1767225660000\r\n"
      "  b:c 2\n# EOF\n"
      "d{} +Inf");
  TextSample sample = **parser.next();
  EXPECT_EQ(sample.name, "a");
  EXPECT_THAT(sample.labels, ElementsAre(TextLabel{"x", "1"}, TextLabel{"y", "2"}));
  EXPECT_EQ(sample.value, 1.5);
  EXPECT_EQ(sample.timestamp, 1'767'225'660'000);
  sample = **parser.next();
  EXPECT_EQ(sample.name, "b:c");
  EXPECT_THAT(sample.labels, IsEmpty());
  EXPECT_EQ(sample.timestamp, std::nullopt);
  sample = **parser.next();
  EXPECT_EQ(sample.name, "d");
  EXPECT_TRUE(std::isinf(sample.value));
  EXPECT_EQ(*parser.next(), nullptr);
  EXPECT_EQ(*parser.next(), nullptr);
}

TEST(TextParser, BlanksMayStandBetweenAllParts) {
  const TextSample sample = read_one("a\t{ x = \"1\" ,\ty=\"2\" , } \t 3  -4 ");
  EXPECT_THAT(sample.labels, ElementsAre(TextLabel{"x", "1"}, TextLabel{"y", "2"}));
  EXPECT_EQ(sample.value, 3);
  EXPECT_EQ(sample.timestamp, -4);
}

TEST(TextParser, EscapesInValues) {
  EXPECT_THAT(read_one(R"(a{x="\\\"\n",y="a\\b",z="\q}# ,"} 1)").labels,
              ElementsAre(TextLabel{"x", "\\\"\n"}, TextLabel{"y", "a\\b"}, TextLabel{"z", "\\q}# ,"}));
  EXPECT_THAT(read_one("a{x=\"gr\xc3\xbc\xc3\x9f\"} 1").labels,
              ElementsAre(TextLabel{"x", "gr\xc3\xbc\xc3\x9f"}));
}

TEST(TextParser, QuotedNames) {
  const TextSample sample = read_one(R"({"a.b","c.d"="e",f="g"} 1)");
  EXPECT_EQ(sample.name, "a.b");
  EXPECT_THAT(sample.labels, ElementsAre(TextLabel{"c.d", "e"}, TextLabel{"f", "g"}));
}

TEST(TextParser, ExpectedLabelsAreNotTakenApartAgain) {
  const std::string labels = R"({a="x}y",b="\"z\""})";
  const std::string text = "m" + labels + " 1\nm" + labels + " 2\nm{a=\"x}y\"} 3\nn" + labels + " 4 5\n";
  std::string_view last;
  TextParser parser(text, [&last](std::string_view name) { return name == "m" ? last : std::string_view(); });
  std::vector<bool> as_expected;
  for (int value = 1; value <= 4; ++value) {
    const Result<const TextSample*> sample = parser.next();
    ASSERT_TRUE(sample && *sample != nullptr);
    EXPECT_EQ((*sample)->value, value);
    EXPECT_EQ((*sample)->label_text, value == 3 ? R"({a="x}y"})" : labels);
    EXPECT_EQ((*sample)->labels.empty(), (*sample)->as_expected);
    as_expected.push_back((*sample)->as_expected);
    if (last.empty()) last = (*sample)->label_text;
  }
  EXPECT_THAT(as_expected, ElementsAre(false, true, false, false));

  // A name within the braces is not one of the labels.
  const std::string quoted = "{\"a\"} 1\n{\"a\"} 2\n";
  TextParser inside(quoted, [](std::string_view) { return std::string_view("{\"a\"}"); });
  for (int value = 1; value <= 2; ++value) {
    const Result<const TextSample*> sample = inside.next();
    ASSERT_TRUE(sample && *sample != nullptr);
    EXPECT_EQ((*sample)->name, "a");
    EXPECT_THAT((*sample)->label_text, IsEmpty());
  }
}

TEST(TextParser, Numbers) {
  const auto value = [](std::string_view text) { return read_one("a " + std::string(text)).value; };
  EXPECT_EQ(value("1.2767232e+07"), 12767232);
  EXPECT_EQ(value("-0.5"), -0.5);
  EXPECT_EQ(value("+1E3"), 1000);
  EXPECT_EQ(value(".5"), 0.5);
  EXPECT_EQ(value("5."), 5);
  EXPECT_EQ(value("-inf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(value("NaN")));
  EXPECT_EQ(value("1e-999"), 0);
}

TEST(TextParser, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_EQ(error("a 1\nb x\n"), "line 2: expected a number as the sample's value");
  EXPECT_EQ(error("a\n1"), "line 1: expected a number as the sample's value");
  for (const char* number : {"0x1p-2", "1_0", "1e999", "+-1", "nan(1)", "--1", "1 2.5", "1 2 3"}) {
    EXPECT_NE(error(std::string("a ") + number), "no error") << number;
  }
  EXPECT_EQ(error("<html>"), "line 1: expected a metric's name");
  EXPECT_EQ(error("{x=\"1\"} 1"), "line 1: expected a metric's name");
  EXPECT_EQ(error("a{1=\"1\"} 1"), "line 1: expected a label's name");
  EXPECT_EQ(error("a{x} 1"), "line 1: expected an equals sign behind a label's name");
  EXPECT_EQ(error("a{x=1} 1"), "line 1: expected a label's value in quotes");
  EXPECT_EQ(error("a{x=\"1\" y=\"2\"} 1"), "line 1: expected a comma or a closing brace behind a label");
  for (const char* text : {"a{x=\"1", "a{x=\"1\\", "a{x=\"1\n\"} 1", "a{x=\"1\\\n\"} 1"}) {
    EXPECT_EQ(error(text), "line 1: unfinished text in quotes") << text;
  }
  EXPECT_EQ(error("a{x=\"\xff\"} 1"), "line 1: text in quotes that is not UTF-8");
  EXPECT_EQ(error("a{x=\"\\\xff\"} 1"), "line 1: text in quotes that is not UTF-8");
  EXPECT_NE(error("a{x=\"1\""), "no error");
  EXPECT_NE(error("a{"), "no error");
}

}  // namespace
}  // namespace kubevitals::exposition
