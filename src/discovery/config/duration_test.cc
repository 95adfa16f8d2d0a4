#include "discovery/config/duration.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

// "<milliseconds> <printed>" or the error.
std::string parsed(std::string_view text) {
  const auto duration = parse_prometheus_duration(text);
  if (!duration) return duration.error().message;
  return std::to_string(duration->count()) + " " + format_prometheus_duration(*duration);
}

std::string read(const std::string& yaml, std::string_view key) {
  YamlProblems problems("f");
  const auto value = parse_yaml(yaml, problems);
  if (!value) return value.error().message;
  YamlMapping mapping(*value);
  std::chrono::milliseconds out(7);
  const bool there = read_duration(mapping, key, out);
  std::string text = std::string(there ? "there " : "absent ") + std::to_string(out.count());
  for (const std::string& problem : problems.found()) text += " | " + problem;
  return text;
}

TEST(PrometheusDuration, ReadsUnitsFromLargestToSmallest) {
  EXPECT_EQ(parsed("0"), "0 0s");
  EXPECT_EQ(parsed("0s"), "0 0s");
  EXPECT_EQ(parsed("00m"), "0 0s");
  EXPECT_EQ(parsed("15ms"), "15 15ms");
  EXPECT_EQ(parsed("1h30m"), "5400000 1h30m");
  EXPECT_EQ(parsed("1y2w3d4h5m6s7ms"), "33019506007 382d4h5m6s7ms");
  EXPECT_EQ(parsed("05m"), "300000 5m");
}

TEST(PrometheusDuration, PrintsTheShortestText) {
  EXPECT_EQ(parsed("90s"), "90000 1m30s");
  EXPECT_EQ(parsed("1500ms"), "1500 1s500ms");
  EXPECT_EQ(parsed("24h"), "86400000 1d");
  EXPECT_EQ(parsed("7d"), "604800000 1w");
  EXPECT_EQ(parsed("90d"), "7776000000 90d");
  EXPECT_EQ(parsed("365d"), "31536000000 1y");
  EXPECT_EQ(parsed("379d"), "32745600000 379d");
  EXPECT_EQ(format_prometheus_duration(std::chrono::milliseconds(-1500)), "-1s500ms");
}

TEST(PrometheusDuration, RefusesWhatIsNone) {
  EXPECT_EQ(parsed(""), "empty duration string");
  EXPECT_EQ(parsed("1.5s"), "unknown unit \".\" in duration \"1.5s\"");
  EXPECT_EQ(parsed("1"), "not a valid duration string: \"1\"");
  EXPECT_EQ(parsed("m"), "not a valid duration string: \"m\"");
  EXPECT_EQ(parsed("-1m"), "not a valid duration string: \"-1m\"");
  EXPECT_EQ(parsed("1m1h"), "not a valid duration string: \"1m1h\"");
  EXPECT_EQ(parsed("1m1m"), "not a valid duration string: \"1m1m\"");
  EXPECT_EQ(parsed("1 m"), "unknown unit \" m\" in duration \"1 m\"");
  EXPECT_EQ(parsed("1M"), "unknown unit \"M\" in duration \"1M\"");
  EXPECT_EQ(parsed("99999999999999999999s"), "not a valid duration string: \"99999999999999999999s\"");
}

TEST(PrometheusDuration, EndsAtGosRange) {
  EXPECT_EQ(parsed("292y"), "9208512000000 292y");
  EXPECT_EQ(parsed("293y"), "duration out of range: \"293y\"");
  EXPECT_EQ(parsed("9223372036854ms"), "9223372036854 106751d23h47m16s854ms");
  EXPECT_EQ(parsed("9223372036855ms"), "duration out of range: \"9223372036855ms\"");
  EXPECT_EQ(parsed("292y9223372036854ms"), "duration out of range: \"292y9223372036854ms\"");
}

TEST(PrometheusDuration, ReadsAKeyOfAMapping) {
  EXPECT_EQ(read("a: 1m", "a"), "there 60000");
  EXPECT_EQ(read("a: 1m", "b"), "absent 7");
  EXPECT_EQ(read("a:", "a"), "there 0");
  EXPECT_EQ(read("a: 0", "a"), "there 0");
  EXPECT_EQ(read("a: ''", "a"), "there 7 | f:1: a: empty duration string");
  EXPECT_EQ(read("a: 30", "a"), "there 7 | f:1: a: not a valid duration string: \"30\"");
  EXPECT_EQ(read("a: [1m]", "a"), "there 7 | f:1: a: expected a text, not a list");
}

}  // namespace
}  // namespace kubevitals::discovery
