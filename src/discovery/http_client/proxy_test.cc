#include "discovery/http_client/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace kubevitals::discovery {
namespace {

using Environment = std::map<std::string, std::string>;

bool direct(const std::string& list, const std::string& host, std::uint16_t port = 80) {
  return NoProxyList(list).matches(host, port);
}

std::string proxy_for(const std::string& url, const ProxyOptions& options,
                      const Environment& environment = {}) {
  const ProxyChoice choice(options, [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
  const auto parsed = net::parse_http_url(url);
  return parsed ? choice.proxy_for(*parsed) : "bad URL";
}

TEST(NoProxyList, NamesCoverWhatIsBelowThem) {
  EXPECT_TRUE(direct("example.com", "example.com"));
  EXPECT_TRUE(direct("Example.COM", "a.b.example.com"));
  EXPECT_FALSE(direct("example.com", "badexample.com"));
  EXPECT_FALSE(direct(".example.com", "example.com"));
  EXPECT_TRUE(direct(".example.com", "a.example.com"));
  EXPECT_TRUE(direct("*.example.com", "a.example.com"));
  EXPECT_FALSE(direct("*.example.com", "example.com"));
  EXPECT_TRUE(direct("a, ,b ,c", "b"));
  EXPECT_TRUE(direct("*", "anything"));
  EXPECT_FALSE(direct("", "anything"));
}

TEST(NoProxyList, PortsNarrowAName) {
  EXPECT_TRUE(direct("example.com:8080", "example.com", 8080));
  EXPECT_FALSE(direct("example.com:8080", "example.com", 80));
  EXPECT_TRUE(direct("10.0.0.1:80", "10.0.0.1", 80));
  EXPECT_FALSE(direct("10.0.0.1:80", "10.0.0.1", 81));
  EXPECT_TRUE(direct("[fd00::1]:80", "fd00::1", 80));
  EXPECT_FALSE(direct(":80", "", 80));
}

TEST(NoProxyList, AddressesAndNetworks) {
  EXPECT_TRUE(direct("10.1.0.0/16", "10.1.255.1"));
  EXPECT_FALSE(direct("10.1.0.0/16", "10.2.0.1"));
  EXPECT_TRUE(direct("10.1.2.0/23", "10.1.3.9"));
  EXPECT_FALSE(direct("10.1.2.0/23", "10.1.4.9"));
  EXPECT_TRUE(direct("fd00::/8", "fdab::1"));
  EXPECT_FALSE(direct("fd00::/8", "10.0.0.1"));
  EXPECT_TRUE(direct("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(direct("10.0.0.0/33", "10.0.0.1"));
  EXPECT_TRUE(direct("10.0.0.1", "::ffff:10.0.0.1"));
  EXPECT_FALSE(direct("10.0.0.0/8", "host"));
}

TEST(NoProxyList, TheMachineItselfIsReachedDirectly) {
  EXPECT_TRUE(direct("", "localhost"));
  EXPECT_TRUE(direct("", "127.1.2.3"));
  EXPECT_TRUE(direct("", "::1"));
}

TEST(ProxyChoice, AConfiguredProxyIsForEverythingButTheList) {
  ProxyOptions options;
  EXPECT_EQ(proxy_for("http://h/", options, {{"HTTP_PROXY", "http://env:1"}}), "");
  options.proxy_url = "http://proxy:3128";
  EXPECT_EQ(proxy_for("http://h/", options), "http://proxy:3128");
  EXPECT_EQ(proxy_for("https://127.0.0.1/", options), "http://proxy:3128");
  options.no_proxy = "h";
  EXPECT_EQ(proxy_for("http://h/", options), "");
  EXPECT_EQ(proxy_for("http://127.0.0.1/", options), "");
  EXPECT_EQ(proxy_for("http://other/", options), "http://proxy:3128");
}

TEST(ProxyChoice, TheEnvironmentIsAskedOnRequest) {
  ProxyOptions options;
  options.proxy_from_environment = true;
  const Environment environment{{"HTTP_PROXY", "plain:1"},
                                {"http_proxy", "http://not-this:1"},
                                {"https_proxy", "https://secure:2"},
                                {"no_proxy", "inner.example"}};
  EXPECT_EQ(proxy_for("http://h/", options, environment), "http://plain:1");
  EXPECT_EQ(proxy_for("https://h/", options, environment), "https://secure:2");
  EXPECT_EQ(proxy_for("http://a.inner.example/", options, environment), "");
  EXPECT_EQ(proxy_for("http://h/", options, {}), "");
  EXPECT_EQ(proxy_for("http://h/", options, {{"HTTP_PROXY", "evil:1"}, {"REQUEST_METHOD", "GET"}}), "");
}

}  // namespace
}  // namespace kubevitals::discovery
