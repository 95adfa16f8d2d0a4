#include "exposition/negotiation.h"

#include <gtest/gtest.h>

namespace kubevitals::exposition {
namespace {

constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpenMetrics =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";

std::string_view type(std::string_view accept) {
  return negotiate_format(accept).content_type;
}

TEST(Negotiation, TextUnlessOpenMetricsIsAskedFor) {
  EXPECT_EQ(type(""), kText);
  EXPECT_EQ(type("*/*"), kText);
  EXPECT_EQ(type("text/html"), kText);
  EXPECT_EQ(type("application/openmetrics-text; version=1.0.0"), kOpenMetrics);
  EXPECT_EQ(type("application/openmetrics-text;version=\"1.0.0\";charset=utf-8"), kOpenMetrics);
  EXPECT_EQ(type("application/openmetrics-text; version=2.0.0"), kText);
  EXPECT_EQ(negotiate_format("application/openmetrics-text").format, Format::kOpenMetrics);
  EXPECT_EQ(type("APPLICATION/OpenMetrics-Text; Version=1.0.0"), kOpenMetrics);
}

TEST(Negotiation, ProtobufIsAnsweredWithText) {
  EXPECT_EQ(
      type("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"),
      kText);
}

TEST(Negotiation, ProtobufThatIsPreferredIsAnsweredWithText) {
  EXPECT_EQ(type("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
                 "q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2"),
            kText);
}

TEST(Negotiation, TheEscapingAskedForIsRepeated) {
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                 "text/plain;version=0.0.4;q=0.4"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
  EXPECT_EQ(type("application/openmetrics-text;version=0.0.1;escaping=dots"),
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=dots");
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;escaping=evil"), kOpenMetrics);
  EXPECT_EQ(type("text/plain;escaping=allow-utf-8"), kText);
}

TEST(Negotiation, WhatHasNoQualityIsNotWanted) {
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;q=0"), kText);
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;q=0.0,text/plain;q=0"), kText);
}

TEST(Negotiation, TheHighestQualityThatCanBeMetDecides) {
  EXPECT_EQ(
      type("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
           "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
      kOpenMetrics);
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.5"), kText);
  EXPECT_EQ(type("text/plain,application/openmetrics-text;version=1.0.0"), kText);
  EXPECT_EQ(type("text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.1"), kOpenMetrics);
}

TEST(Negotiation, MalformedFieldsAreNoError) {
  EXPECT_EQ(type(",,;;=;q=,text"), kText);
  EXPECT_EQ(type("application/openmetrics-text;version=1.0.0;q=x"), kOpenMetrics);
}

TEST(Negotiation, Gzip) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.5, br"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0, *;q=1"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
}

}  // namespace
}  // namespace kubevitals::exposition
