#include "base/go_duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace kubevitals {
namespace {

std::string nanoseconds_of(std::string_view text) {
  const auto duration = parse_go_duration(text);
  return duration ? std::to_string(duration->count()) : duration.error().message;
}

std::string refusal_of(const std::string& text) {
  return "cannot read duration \"" + text + "\": expected one such as 30s or 1m30s";
}

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(nanoseconds_of("0"), "0");
  EXPECT_EQ(nanoseconds_of("-0"), "0");
  EXPECT_EQ(nanoseconds_of("1ns"), "1");
  EXPECT_EQ(nanoseconds_of("1m30s"), "90000000000");
  EXPECT_EQ(nanoseconds_of("+1.5h"), "5400000000000");
  EXPECT_EQ(nanoseconds_of("-250ms"), "-250000000");
  EXPECT_EQ(nanoseconds_of(".5s"), "500000000");
  EXPECT_EQ(nanoseconds_of("2us3\u00b5s4\u03bcs"), "9000");
}

TEST(GoDuration, RefusesEverythingElse) {
  for (const std::string text : {"", "-", "1", "s", "1d", "1s ", " 1s", "1e3s", "--1s", "1s-1s", ".s", "infs",
                                 "nans", "300000000h", "1 s", "+"}) {
    EXPECT_EQ(nanoseconds_of(text), refusal_of(text));
  }
}

TEST(GoDuration, WritesAsGoDoes) {
  const auto text = [](std::int64_t nanos) {
    std::string out;
    append_go_duration(out, std::chrono::nanoseconds(nanos));
    return out;
  };
  EXPECT_EQ(text(0), "0s");
  EXPECT_EQ(text(1), "1ns");
  EXPECT_EQ(text(1'100), "1.1\u00b5s");
  EXPECT_EQ(text(2'200'000), "2.2ms");
  EXPECT_EQ(text(60'000'000'000), "1m0s");
  EXPECT_EQ(text(59'998'000'000), "59.998s");
  EXPECT_EQ(text(15'000'000'001), "15.000000001s");
  EXPECT_EQ(text(3'600'000'000'000), "1h0m0s");
  EXPECT_EQ(text(-5'445'000'000'000), "-1h30m45s");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-2562047h47m16.854775808s");
}

}  // namespace
}  // namespace kubevitals
