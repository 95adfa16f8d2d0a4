#include "exposition/emitter.h"

#include <gtest/gtest.h>

#include <limits>

namespace kubevitals::exposition {
namespace {

TEST(Emitter, WritesBaseLabelsThenLabelsThenTheValue) {
  std::string out;
  Emitter emitter(out);
  emitter.set_base_labels({{"namespace", "ns1"}, {"pod", "web-0"}});
  emitter.set_family("kube_pod_info");
  emitter.sample({{"node", "n1"}, {"host_network", "false"}}, 1);
  emitter.set_family("kube_pod_created");
  emitter.sample(1500000000);
  EXPECT_EQ(out,
            "kube_pod_info{namespace=\"ns1\",pod=\"web-0\",node=\"n1\",host_network=\"false\"} 1\n"
            "kube_pod_created{namespace=\"ns1\",pod=\"web-0\"} 1.5e+09\n");
}

TEST(Emitter, AppendsToWhatTheBufferHolds) {
  std::string out = "before\n";
  Emitter emitter(out);
  emitter.set_base_labels({{"node", "n"}});
  emitter.set_family("f");
  emitter.sample(0.5);
  EXPECT_EQ(out, "before\nf{node=\"n\"} 0.5\n");
}

TEST(Emitter, ObjectsDoNotSeeEachOthersLabels) {
  std::string out;
  Emitter emitter(out);
  emitter.set_base_labels({{"node", "a-rather-long-name"}});
  emitter.set_family("f");
  emitter.sample(1);
  emitter.set_base_labels({{"node", "b"}});
  emitter.set_family("f");
  emitter.sample(0);
  EXPECT_EQ(out, "f{node=\"a-rather-long-name\"} 1\nf{node=\"b\"} 0\n");
}

TEST(Emitter, WithoutBaseLabelsBracesAppearOnlyWithALabel) {
  std::string out;
  Emitter emitter(out);
  emitter.set_base_labels({});
  emitter.set_family("f");
  emitter.sample(2);
  emitter.sample({{"a", "b"}}, 2);
  emitter.condition({}, "status", "True");
  EXPECT_EQ(out,
            "f 2\nf{a=\"b\"} 2\n"
            "f{status=\"true\"} 1\nf{status=\"false\"} 0\nf{status=\"unknown\"} 0\n");
}

TEST(Emitter, EscapesBackslashNewlineAndQuoteAtEveryPosition) {
  for (const char special : {'\\', '\n', '"'}) {
    const std::string escaped = special == '\n' ? "\\n" : std::string("\\") + special;
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t position = 0; position < length; ++position) {
        std::string value(length, 'x');
        value[position] = special;
        std::string expected(length, 'x');
        expected.replace(position, 1, escaped);
        std::string out;
        append_escaped_label_value(out, value);
        ASSERT_EQ(out, expected) << "length " << length << ", position " << position;
      }
    }
  }
}

TEST(Emitter, LeavesAllOtherBytesAlone) {
  std::string value;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c != '\\' && c != '\n' && c != '"') value.push_back(c);
  }
  std::string out;
  append_escaped_label_value(out, value);
  EXPECT_EQ(out, value);
}

TEST(Emitter, EscapesEveryByteWhenAllAreSpecial) {
  std::string out;
  Emitter emitter(out);
  emitter.set_base_labels({{"a", std::string(100, '"')}});
  emitter.set_family("f");
  emitter.sample({{"b", std::string(100, '\n')}}, 1);
  std::string expected = "f{a=\"";
  for (int i = 0; i < 100; ++i) expected += "\\\"";
  expected += "\",b=\"";
  for (int i = 0; i < 100; ++i) expected += "\\n";
  expected += "\"} 1\n";
  EXPECT_EQ(out, expected);
}

TEST(Emitter, WritesValuesAsGoDoes) {
  std::string out;
  Emitter emitter(out);
  emitter.set_base_labels({});
  emitter.set_family("f");
  for (const double value :
       {0.0, -0.0, 1.0, -1.0, 999999.0, 1e6, 1234567.0, 0.0001, 0.00001, -62135596800.0,
        std::numeric_limits<double>::max(), -std::numeric_limits<double>::denorm_min(),
        std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    emitter.sample(value);
  }
  EXPECT_EQ(out,
            "f 0\nf 0\nf 1\nf -1\nf 999999\nf 1e+06\nf 1.234567e+06\nf 0.0001\nf 1e-05\nf -6.21355968e+10\n"
            "f 1.7976931348623157e+308\nf -5e-324\nf NaN\nf +Inf\nf -Inf\n");
}

TEST(Emitter, TextOfOneObjectIsBounded) {
  std::string out(Emitter::kMaxTextBytes - 1, 'x');
  Emitter emitter(out);
  emitter.set_base_labels({{"node", "n"}});
  emitter.set_family("f");
  emitter.sample(1);
  const std::size_t full = out.size();
  EXPECT_GT(full, Emitter::kMaxTextBytes);
  emitter.sample(2);
  emitter.condition({}, "status", "True");
  EXPECT_EQ(out.size(), full);
}

TEST(Emitter, ConditionHasOneSampleForEachStatus) {
  const auto condition = [](std::string_view status) {
    std::string out;
    Emitter emitter(out);
    emitter.set_base_labels({{"node", "n"}});
    emitter.set_family("f");
    emitter.condition({{"condition", "Ready"}}, "status", status);
    return out;
  };
  const auto expected = [](int yes, int no, int unknown) {
    std::string text;
    for (const auto& [name, value] :
         {std::pair{"true", yes}, std::pair{"false", no}, std::pair{"unknown", unknown}}) {
      text += "f{node=\"n\",condition=\"Ready\",status=\"" + std::string(name) + "\"} " +
              std::to_string(value) + "\n";
    }
    return text;
  };
  EXPECT_EQ(condition("True"), expected(1, 0, 0));
  EXPECT_EQ(condition("False"), expected(0, 1, 0));
  EXPECT_EQ(condition("Unknown"), expected(0, 0, 1));
  EXPECT_EQ(condition("true"), expected(0, 0, 0));
  EXPECT_EQ(condition(""), expected(0, 0, 0));
}

}  // namespace
}  // namespace kubevitals::exposition
