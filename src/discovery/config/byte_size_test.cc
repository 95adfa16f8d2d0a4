#include "discovery/config/byte_size.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

std::string parsed(std::string_view text) {
  const auto size = parse_byte_size(text);
  return size ? std::to_string(*size) : size.error().message;
}

TEST(ByteSize, KnowsPowersOf1024) {
  EXPECT_EQ(parsed("0"), "0");
  EXPECT_EQ(parsed("12B"), "12");
  EXPECT_EQ(parsed("10MB"), "10485760");
  EXPECT_EQ(parsed("10MiB"), "10485760");
  EXPECT_EQ(parsed("1.5KB"), "1536");
  EXPECT_EQ(parsed(".5KiB"), "512");
  EXPECT_EQ(parsed("1KB1B"), "1025");
  EXPECT_EQ(parsed("-1KB"), "-1024");
  EXPECT_EQ(parsed("7EB"), "8070450532247928832");
  EXPECT_EQ(parsed("1.9B"), "1");
}

TEST(ByteSize, RefusesWhatIsNone) {
  EXPECT_EQ(parsed(""), "no number in size \"\"");
  EXPECT_EQ(parsed("100"), "unknown unit \"\" in size \"100\"");
  EXPECT_EQ(parsed("1kB"), "unknown unit \"kB\" in size \"1kB\"");
  EXPECT_EQ(parsed("1M"), "unknown unit \"M\" in size \"1M\"");
  EXPECT_EQ(parsed("1MiB1KB"), "unknown unit \"MiB\" in size \"1MiB1KB\"");
  EXPECT_EQ(parsed("MB"), "no number in size \"MB\"");
  EXPECT_EQ(parsed("1 MB"), "unknown unit \" MB\" in size \"1 MB\"");
  EXPECT_EQ(parsed("8EB"), "a number that is too big in size \"8EB\"");
  EXPECT_EQ(parsed("99999999999999999999B"), "a number that is too big in size \"99999999999999999999B\"");
}

}  // namespace
}  // namespace kubevitals::discovery
