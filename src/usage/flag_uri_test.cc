#include "usage/flag_uri.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace kubevitals::usage {
namespace {

FlagUri parse(std::string_view text) {
  Result<FlagUri> uri = parse_flag_uri(text);
  EXPECT_TRUE(uri) << text << ": " << (uri ? "" : uri.error().message);
  return uri ? *uri : FlagUri{};
}

TEST(FlagUri, Parts) {
  const FlagUri uri = parse("influxdb:http://root:pw@[::1]:8086/x?db=k8s&withfields=true&user=a%20b");
  EXPECT_EQ(uri.key, "influxdb");
  EXPECT_EQ(uri.scheme, "http");
  EXPECT_EQ(uri.user, "root");
  EXPECT_EQ(uri.password, "pw");
  EXPECT_EQ(uri.host, "::1");
  EXPECT_EQ(uri.port, "8086");
  EXPECT_EQ(uri.path, "/x");
  EXPECT_EQ(uri.parameter("user"), "a b");
  EXPECT_EQ(uri.flag("withfields", false).value(), true);
  EXPECT_EQ(uri.number("missing", 7).value(), 7);
}

TEST(FlagUri, PartsMayBeMissing) {
  EXPECT_EQ(parse("log").key, "log");
  EXPECT_EQ(parse("kubernetes:").host, "");
  EXPECT_EQ(parse("kubernetes:''").path, "");
  EXPECT_EQ(parse("kubernetes:\"\"?insecure=1").flag("insecure", false).value(), true);
  EXPECT_EQ(parse("kubernetes:?inClusterConfig=false").flag("inClusterConfig", true).value(), false);
  const FlagUri bare = parse("wavefront:localhost:2878?x=1");
  EXPECT_EQ(bare.host, "localhost");
  EXPECT_EQ(bare.port, "2878");
  EXPECT_EQ(parse("kubernetes:https://kubernetes.default").host, "kubernetes.default");
}

TEST(FlagUri, WithoutAHostItIsThisMachine) {
  EXPECT_EQ(parse("influxdb:http://:8086").host, "localhost");
  EXPECT_EQ(parse("influxdb:http://:8086").port, "8086");
  EXPECT_EQ(parse("statsd::8125").host, "localhost");
  EXPECT_EQ(parse("influxdb:http://").host, "");
  const FlagUri with_url = parse("kubernetes:3?in=ps://host:644");
  EXPECT_EQ(with_url.scheme, "");
  EXPECT_EQ(with_url.parameter("in"), "ps://host:644");
  const FlagUri path = parse("influxdb:http:///x?db=k");
  EXPECT_EQ(path.host + path.port, "");
  EXPECT_EQ(path.path, "/x");
  EXPECT_EQ(path.parameter("db"), "k");
}

TEST(FlagUri, EnvironmentIsExpanded) {
  ::setenv("KUBEVITALS_TEST_HOST", "example", 1);
  EXPECT_EQ(parse("influxdb:http://$KUBEVITALS_TEST_HOST:1?a=${KUBEVITALS_TEST_HOST}").host, "example");
  EXPECT_EQ(parse("influxdb:http://h:1?a=${KUBEVITALS_TEST_HOST}").parameter("a"), "example");
  // As Go's os.Expand: special variables have one character, and braces that mean nothing are left out.
  EXPECT_EQ(parse("x:?a=${KUBEVITALS_TEST_HOST").parameter("a"), "KUBEVITALS_TEST_HOST");
  EXPECT_EQ(parse("x:?a=b${}c").parameter("a"), "bc");
  EXPECT_EQ(parse("x:?a=cash$100").parameter("a"), "cash00");
  EXPECT_EQ(parse("x:?a=b$-c").parameter("a"), "bc");
  EXPECT_EQ(parse("x:?a=b$$c").parameter("a"), "bc");
  EXPECT_EQ(parse("x:?a=b$.c$").parameter("a"), "b$.c$");
  EXPECT_EQ(parse("x:?a=b$KUBEVITALS_NO_SUCH.c").parameter("a"), "b.c");
}

TEST(FlagUri, WhatIsWrongIsNamed) {
  EXPECT_FALSE(parse_flag_uri(""));
  EXPECT_FALSE(parse_flag_uri(":http://x"));
  EXPECT_FALSE(parse_flag_uri("influxdb:http://[::1"));
  EXPECT_EQ(parse("x:?a=maybe").flag("a", false).error().message, "a: expected true or false, not maybe");
  EXPECT_EQ(parse("x:?a=1x").number("a", 0).error().message, "a: expected a number, not 1x");
}

TEST(FlagUri, SecretsAreNotShown) {
  EXPECT_EQ(parse("influxdb:http://root:geheim@h:1/p?db=k&pw=geheim&Token=geheim").redacted(),
            "influxdb:http://h:1/p?db=k");
  EXPECT_EQ(parse("remote_write:http://h/?header=Authorization:%20geheim").redacted(),
            "remote_write:http://h");
}

}  // namespace
}  // namespace kubevitals::usage
