#include "base/go_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kubevitals {
namespace {

std::string text(double value) {
  std::string out;
  append_go_float(out, value);
  return out;
}

TEST(GoFloat, WholeNumbersTurnToExponentsAtAMillion) {
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(7), "7");
  EXPECT_EQ(text(42), "42");
  EXPECT_EQ(text(999999), "999999");
  EXPECT_EQ(text(1e6), "1e+06");
  EXPECT_EQ(text(1234567), "1.234567e+06");
  EXPECT_EQ(text(1.5e9), "1.5e+09");
  EXPECT_EQ(text(1501569018), "1.501569018e+09");
  EXPECT_EQ(text(1e100), "1e+100");
  EXPECT_EQ(text(9223372036854775807.0), "9.223372036854776e+18");
}

TEST(GoFloat, SmallNumbersTurnToExponentsBelowTenThousandths) {
  EXPECT_EQ(text(0.5), "0.5");
  EXPECT_EQ(text(0.002), "0.002");
  EXPECT_EQ(text(0.0001), "0.0001");
  EXPECT_EQ(text(0.00001), "1e-05");
  EXPECT_EQ(text(0.00012345), "0.00012345");
  EXPECT_EQ(text(5e-324), "5e-324");
}

TEST(GoFloat, Fractions) {
  EXPECT_EQ(text(123456.75), "123456.75");
  EXPECT_EQ(text(1234567.5), "1.2345675e+06");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(3.14), "3.14");
}

TEST(GoFloat, NegativeNumbers) {
  EXPECT_EQ(text(-1), "-1");
  EXPECT_EQ(text(-0.25), "-0.25");
  EXPECT_EQ(text(-62135596800), "-6.21355968e+10");
  EXPECT_EQ(text(-0.0), "-0");
}

TEST(GoFloat, WhatIsNotANumber) {
  EXPECT_EQ(text(std::nan("")), "NaN");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(GoFloat, Integers) {
  std::string out;
  append_go_float(out, std::int64_t{12});
  EXPECT_EQ(out, "12");
}

}  // namespace
}  // namespace kubevitals
