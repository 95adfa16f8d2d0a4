#include "discovery/consul/options.h"

#include <gtest/gtest.h>

#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::consul {
namespace {

using namespace std::chrono_literals;

TEST(ConsulOptions, HaveDefaults) {
  Options options;
  EXPECT_EQ(complaints_about("{}", options), "");
  EXPECT_EQ(options, Options());
  EXPECT_EQ(options.server, "localhost:8500");
  EXPECT_TRUE(options.allow_stale);
  EXPECT_EQ(options.refresh_interval, 30s);
  EXPECT_TRUE(options.watches_catalog());
}

TEST(ConsulOptions, AreRead) {
  Options options;
  EXPECT_EQ(complaints_about(
                "{server: 'h:1', path_prefix: /p, scheme: https, token: t, datacenter: d, namespace: n, "
                "partition: q, tag_separator: ;, username: u, password: w, allow_stale: false, "
                "refresh_interval: 5s, services: [a], node_meta: {k: v}, health_filter: f, "
                "tls_config: {insecure_skip_verify: true}}",
                options),
            "");
  Options wanted;
  wanted.server = "h:1";
  wanted.path_prefix = "/p";
  wanted.scheme = "https";
  wanted.token.text = "t";
  wanted.datacenter = "d";
  wanted.name_space = "n";
  wanted.partition = "q";
  wanted.tag_separator = ";";
  wanted.allow_stale = false;
  wanted.refresh_interval = 5s;
  wanted.services = {"a"};
  wanted.node_meta = {{"k", "v"}};
  wanted.health_filter = "f";
  wanted.http.tls.insecure_skip_verify = true;
  wanted.http.basic_auth.emplace().username = "u";
  wanted.http.basic_auth->password.text = "w";
  EXPECT_EQ(options, wanted);
  EXPECT_FALSE(options.watches_catalog());
}

TEST(ConsulOptions, WatchTheCatalogWhenServicesAreChosenByMoreThanTheirNames) {
  Options options;
  options.services = {"a"};
  EXPECT_FALSE(options.watches_catalog());
  options.tags = {"t"};
  EXPECT_TRUE(options.watches_catalog());
  options.tags.clear();
  options.filter = "f";
  EXPECT_TRUE(options.watches_catalog());
}

TEST(ConsulOptions, TakeAServerAsAUrl) {
  Options options;
  EXPECT_EQ(complaints_about("server: https://h:1/p/q", options), "");
  EXPECT_EQ(options.scheme + " " + options.server + " " + options.path_prefix, "https h:1 /p/q");
  EXPECT_EQ(complaints_about<Options>("server: unix:///run/consul.sock"),
            "f:1: server: expected host:port, or a URL with http or https");
}

TEST(ConsulOptions, AreRefused) {
  EXPECT_EQ(complaints_about<Options>("server: ' '"), "f:1: server: a server address is needed");
  EXPECT_EQ(complaints_about<Options>("server: ''"), "f:1: server: a server address is needed");
  EXPECT_EQ(complaints_about<Options>("scheme: ftp"), "f:1: scheme: expected http or https");
  EXPECT_NE(complaints_about<Options>("{token: t, authorization: {credentials: x}}")
                .find("token excludes authorization"),
            std::string::npos);
  EXPECT_NE(complaints_about<Options>("{token: t, bearer_token: x}"), "");
  EXPECT_EQ(complaints_about<Options>("{token: t, basic_auth: {username: x}}"), "");
  EXPECT_NE(complaints_about<Options>("{username: u, basic_auth: {username: x}}").find("exclude basic_auth"),
            std::string::npos);
  EXPECT_NE(complaints_about<Options>("{password: u, authorization: {credentials: x}}")
                .find("exclude authorization"),
            std::string::npos);
  EXPECT_EQ(complaints_about<Options>("refresh_interval: 0s"),
            "f:1: refresh_interval: must be greater than zero");
  EXPECT_NE(complaints_about<Options>("service: a"), "");
}

TEST(ConsulOptions, NeverShowSecrets) {
  EXPECT_EQ(complaints_about<Options>("{token: hunter2, password: hunter2, authorization: {credentials: x}}")
                .find("hunter2"),
            std::string::npos);
}

}  // namespace
}  // namespace kubevitals::discovery::consul
