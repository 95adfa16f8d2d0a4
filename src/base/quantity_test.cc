#include "base/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals {
namespace {

double milli(std::string_view text) {
  return quantity_to_milli(text).value();
}
double whole(std::string_view text) {
  return quantity_to_whole(text).value();
}

TEST(Quantity, MilliRoundsUpToAThousandth) {
  EXPECT_EQ(milli("250m"), 0.25);
  EXPECT_EQ(milli("2"), 2);
  EXPECT_EQ(milli("1500u"), 0.002);
  EXPECT_EQ(milli("1n"), 0.001);
  EXPECT_EQ(milli("0.1"), 0.1);
  EXPECT_EQ(milli("4.3"), 4.3);
}

TEST(Quantity, WholeRoundsUpToAUnit) {
  EXPECT_EQ(whole("1500m"), 2);
  EXPECT_EQ(whole("1"), 1);
  EXPECT_EQ(whole("0"), 0);
  EXPECT_EQ(whole("100Mi"), 104857600);
  EXPECT_EQ(whole("1.5Gi"), 1610612736);
  EXPECT_EQ(whole("0.3Ki"), 308);
  EXPECT_EQ(whole("3G"), 3e9);
  EXPECT_EQ(whole("12e6"), 12e6);
  EXPECT_EQ(whole("12E6"), 12e6);
  EXPECT_EQ(whole("1e+3"), 1000);
  EXPECT_EQ(whole("5e-1"), 1);
}

TEST(Quantity, OddFormsThatTheIncumbentAccepts) {
  EXPECT_EQ(whole("Ki"), 0);
  EXPECT_EQ(whole("1."), 1);
  EXPECT_EQ(whole("."), 0);
  EXPECT_EQ(whole("+5"), 5);
  EXPECT_EQ(whole("0005"), 5);
  EXPECT_EQ(whole("000"), 0);
  EXPECT_EQ(whole(".5"), 1);
}

TEST(Quantity, Negative) {
  EXPECT_EQ(whole("-2"), -2);
  EXPECT_EQ(whole("-1500m"), -2);
  EXPECT_EQ(milli("-250m"), -0.25);
}

TEST(Quantity, BeyondAnInt64) {
  EXPECT_EQ(whole("10E"), 0);
  EXPECT_EQ(whole("408731427342846G"), 6.918901663464844e18);
  EXPECT_EQ(whole("9E"), 9e18);
  EXPECT_EQ(whole("7Ei"), 7.0 * 1152921504606846976.0);
  EXPECT_EQ(whole("8Ei"), 9223372036854775807.0);
  EXPECT_EQ(whole("9223372036854775807Ki"), 9223372036854775807.0);
  EXPECT_EQ(milli("8Ei"), -1);
  EXPECT_EQ(whole("1e1000000000"), 0);
  EXPECT_EQ(whole("0e2000000000"), 0);
  EXPECT_EQ(whole("1e-2000000000"), 1);
  EXPECT_EQ(whole("1234567890123456789012e2000000000"), 0);
}

TEST(Quantity, MoreDigitsThanAnInt64) {
  EXPECT_EQ(whole("0.00000000000000000000000000001"), 1);
  EXPECT_EQ(whole("1.00000000000000000000000000001"), 2);
  EXPECT_EQ(whole("1000000000000000000.0"), 1e18);
  EXPECT_EQ(milli("0.123456789123456789123"), 0.124);
}

TEST(Quantity, WhatIsRefused) {
  for (const char* text :
       {"", "abc", "1.2.3", "1Kb", "5 Mi", "--1", "1e", "1i", "1mm", " 1", "1e++3", "0x10", "Pi", "e-12"}) {
    EXPECT_FALSE(quantity_to_whole(text)) << text;
    EXPECT_FALSE(quantity_to_milli(text)) << text;
  }
  EXPECT_FALSE(quantity_to_whole(std::string(100'000, '9')));
}

}  // namespace
}  // namespace kubevitals
