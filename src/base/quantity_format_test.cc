#include "base/quantity_format.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace kubevitals {
namespace {

std::string decimal(std::int64_t value, int exponent = -9) {
  std::string text;
  append_decimal_quantity(text, value, exponent);
  return text;
}

std::string binary(std::int64_t value) {
  std::string text;
  append_binary_quantity(text, value);
  return text;
}

TEST(QuantityFormat, DecimalTakesTheLargestSuffixThatLosesNothing) {
  EXPECT_EQ(decimal(0), "0");
  EXPECT_EQ(decimal(1), "1n");
  EXPECT_EQ(decimal(45'999'999), "45999999n");
  EXPECT_EQ(decimal(12'000), "12u");
  EXPECT_EQ(decimal(120'000), "120u");
  EXPECT_EQ(decimal(333'000'000), "333m");
  EXPECT_EQ(decimal(330'000'000), "330m");
  EXPECT_EQ(decimal(300'000'000), "300m");
  EXPECT_EQ(decimal(1'000'000'000), "1");
  EXPECT_EQ(decimal(10'000'000'000), "10");
  EXPECT_EQ(decimal(1'500'000'000), "1500m");
  EXPECT_EQ(decimal(2'000'000'000'000), "2k");
  EXPECT_EQ(decimal(-45'000'000), "-45m");
  EXPECT_EQ(decimal(480, -3), "480m");
  EXPECT_EQ(decimal(1'000'000, 0), "1M");
  EXPECT_EQ(decimal(std::numeric_limits<std::int64_t>::max()), "9223372036854775807n");
  EXPECT_EQ(decimal(1'000'000'000'000'000'000, 0), "1E");
}

TEST(QuantityFormat, BinaryIsDecimalWhereItIsSmall) {
  EXPECT_EQ(binary(0), "0");
  EXPECT_EQ(binary(1000), "1k");
  EXPECT_EQ(binary(1023), "1023");
  EXPECT_EQ(binary(1024), "1Ki");
  EXPECT_EQ(binary(1025), "1025");
  EXPECT_EQ(binary(279'720 * 1024), "279720Ki");
  EXPECT_EQ(binary(std::int64_t{64} << 30), "64Gi");
  EXPECT_EQ(binary(-2048), "-2Ki");
  EXPECT_EQ(binary(std::int64_t{1} << 60), "1Ei");
  EXPECT_EQ(binary(std::numeric_limits<std::int64_t>::min()), "-8Ei");
}

}  // namespace
}  // namespace kubevitals
