#include "usage/api/time_parameter.h"

#include <gtest/gtest.h>

namespace kubevitals::usage {
namespace {

std::string outcome(std::string_view text) {
  const Result<Nanos> time = parse_time_parameter(text);
  return time ? std::to_string(*time) : time.error().message;
}

TEST(TimeParameter, Times) {
  EXPECT_EQ(outcome("2026-01-01T00:02:00Z"), "1767225720000000000");
  EXPECT_EQ(outcome("2026-01-01T01:02:00.5+01:00"), "1767225720500000000");
  EXPECT_EQ(outcome("0001-01-01T00:00:00Z"), "-9223372035000000000");
  EXPECT_EQ(outcome("9999-01-01T00:00:00Z"), "9223372035000000000");
}

TEST(TimeParameter, SaysWhatGoSays) {
  const std::string layout = " as \"2006-01-02T15:04:05Z07:00\": cannot parse ";
  EXPECT_EQ(outcome("bad"), "parsing time \"bad\"" + layout + "\"bad\" as \"2006\"");
  EXPECT_EQ(outcome("2026"), "parsing time \"2026\"" + layout + "\"\" as \"-\"");
  EXPECT_EQ(outcome("2026-1"), "parsing time \"2026-1\"" + layout + "\"1\" as \"01\"");
  EXPECT_EQ(outcome("2026-01-01 00:02:00Z"),
            "parsing time \"2026-01-01 00:02:00Z\"" + layout + "\" 00:02:00Z\" as \"T\"");
  EXPECT_EQ(outcome("2026-01-01T00:02:00"),
            "parsing time \"2026-01-01T00:02:00\"" + layout + "\"\" as \"Z07:00\"");
  EXPECT_EQ(outcome("2026-13-01T00:02:00Z"), "parsing time \"2026-13-01T00:02:00Z\": month out of range");
  EXPECT_EQ(outcome("2026-02-30T00:02:00Z"), "parsing time \"2026-02-30T00:02:00Z\": day out of range");
  EXPECT_EQ(outcome("2026-01-01T24:02:00Z"), "parsing time \"2026-01-01T24:02:00Z\": hour out of range");
  EXPECT_EQ(outcome("2026-01-01T00:02:00Zx"), "parsing time \"2026-01-01T00:02:00Zx\": extra text: \"x\"");
}

}  // namespace
}  // namespace kubevitals::usage
