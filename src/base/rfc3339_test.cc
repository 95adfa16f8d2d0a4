#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace kubevitals {
namespace {

TEST(Rfc3339, ReadsUtc) {
  EXPECT_EQ(parse_rfc3339("2017-07-14T02:40:00Z").value().seconds, 1'500'000'000);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z").value().seconds, 0);
  EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z").value().seconds, -62'135'596'800);
  EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:00Z").value().seconds, 1'709'208'000);
}

TEST(Rfc3339, ReadsFractionsAndOffsets) {
  EXPECT_EQ(parse_rfc3339("2017-07-14T02:40:00.5Z").value().nanos, 500'000'000);
  EXPECT_EQ(parse_rfc3339("2017-07-14T02:40:00.123456789123Z").value().nanos, 123'456'789);
  EXPECT_EQ(parse_rfc3339("2017-07-14T04:40:00+02:00").value().seconds, 1'500'000'000);
  EXPECT_EQ(parse_rfc3339("2017-07-13T21:10:00-05:30").value().seconds, 1'500'000'000);
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* text :
       {"", "2017", "2017-07-14", "2017-07-14T02:40:00", "2017-13-14T02:40:00Z", "2017-02-30T02:40:00Z",
        "2017-07-14 02:40:00Z", "2017-07-14T25:40:00Z", "2017-07-14T02:40:00.Z", "2017-07-14T02:40:00Zx",
        "2017-07-14T02:40:00+2:00", "-017-07-14T02:40:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, WritesWholeSeconds) {
  EXPECT_EQ(format_rfc3339(1'500'000'000), "2017-07-14T02:40:00Z");
  EXPECT_EQ(format_rfc3339(-62'135'596'800), "0001-01-01T00:00:00Z");
}

}  // namespace
}  // namespace kubevitals
