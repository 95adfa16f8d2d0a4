#include "discovery/zookeeper/options.h"

#include <gtest/gtest.h>

#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::zookeeper {
namespace {

using namespace std::chrono_literals;

std::string complaints(const std::string& yaml) {
  ServersetOptions serverset;
  NerveOptions nerve;
  const std::string text = complaints_about(yaml, serverset);
  EXPECT_EQ(complaints_about(yaml, nerve), text);
  return text;
}

TEST(ZooKeeperOptions, AreRead) {
  NerveOptions options;
  EXPECT_EQ(complaints_about("{servers: ['a:1', b], paths: [/p]}", options), "");
  EXPECT_EQ(options.tree.servers, (std::vector<std::string>{"a:1", "b"}));
  EXPECT_EQ(options.tree.paths, std::vector<std::string>{"/p"});
  EXPECT_EQ(options.tree.timeout, 10s);
  EXPECT_EQ(complaints_about("{servers: [a], paths: [/p], timeout: 3s}", options), "");
  EXPECT_EQ(options.tree.timeout, 3s);
}

TEST(ZooKeeperOptions, AreRefused) {
  EXPECT_NE(complaints("{paths: [/p]}").find("at least one server is needed"), std::string::npos);
  EXPECT_NE(complaints("{servers: [a]}").find("at least one path is needed"), std::string::npos);
  EXPECT_NE(complaints("{servers: [a], paths: [/p, q]}").find("must begin with \"/\": q"), std::string::npos);
  EXPECT_NE(complaints("{servers: [a], paths: ['']}").find("must begin with"), std::string::npos);
  EXPECT_NE(complaints("{servers: [a], paths: [/p], timeout: 0s}").find("greater than zero"),
            std::string::npos);
  EXPECT_NE(complaints("{servers: [a], paths: [/p], refresh_interval: 1s}"), "");
}

}  // namespace
}  // namespace kubevitals::discovery::zookeeper
