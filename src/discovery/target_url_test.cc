#include "discovery/target_url.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

using Params = std::map<std::string, std::vector<std::string>>;

std::string url(const std::map<std::string, std::string>& labels, const Params& params = {}) {
  LabelBlockBuilder builder;
  for (const auto& [name, value] : labels) builder.add(name, value);
  return target_url(*builder.build(), params);
}

std::string url_of(const std::string& scheme, const std::string& address, const std::string& path) {
  return url({{"__scheme__", scheme}, {"__address__", address}, {"__metrics_path__", path}});
}

TEST(TargetUrl, IsMadeOfLabels) {
  EXPECT_EQ(url_of("http", "h:9", "/metrics"), "http://h:9/metrics");
  EXPECT_EQ(url_of("ftp", "[::1]", "metrics"), "ftp://[::1]/metrics");
  EXPECT_EQ(url_of("http", "h", ""), "http://h");
  EXPECT_EQ(url_of("", "h", "/x"), "//h/x");
}

TEST(TargetUrl, EscapesPathAndHostAsGoDoes) {
  EXPECT_EQ(url_of("http", "h", "/a b?c#d%41/!*'()\xC3\xA9"),
            "http://h/a%20b%3Fc%23d%2541/%21%2A%27%28%29%C3%A9");
  EXPECT_EQ(url_of("http", "h", "/$&+,/:;=@-_.~"), "http://h/$&+,/:;=@-_.~");
  EXPECT_EQ(url_of("http", "h", "*"), "http://h/*");
  EXPECT_EQ(url_of("http", "\xC3\xA9 [::1%25]\n?", "/"), "http://%C3%A9%20[::1%2525]%0A%3F/");
  EXPECT_EQ(url_of("http", "u@h!\"$&'()*+,;=<>", "/"), "http://u%40h!\"$&'()*+,;=<>/");
}

TEST(TargetUrl, WithoutSchemeAndHostIsAPath) {
  EXPECT_EQ(url_of("", "", "//x"), "//x");
  EXPECT_EQ(url_of("", "", "a:b"), "./a:b");
  EXPECT_EQ(url_of("http", "", "/x"), "http:///x");
  EXPECT_EQ(url({}), "");
}

TEST(TargetUrl, LabelsReplaceTheFirstValueOfAParameter) {
  const std::map<std::string, std::string> base = {{"__address__", "h"}, {"__scheme__", "http"}};
  EXPECT_EQ(url(base, {{"q", {"v", "w"}}, {"match[]", {"a b", "c&=+"}}, {"e", {}}}),
            "http://h?match%5B%5D=a+b&match%5B%5D=c%26%3D%2B&q=v&q=w");
  auto labels = base;
  labels["__param_q"] = "new";
  labels["__param_other"] = "\xC3\xA9~";
  labels["__param_e"] = "1";
  EXPECT_EQ(url(labels, {{"q", {"v", "w"}}, {"e", {}}}), "http://h?e=1&other=%C3%A9~&q=new&q=w");
}

TEST(TargetUrl, OfAUnixSocketIsLocalhost) {
  EXPECT_EQ(url({{"__scheme__", "http"}, {"__metrics_path__", "/m"}, {"__unix_socket__", "/run/x"}}),
            "http://localhost/m");
}

}  // namespace
}  // namespace kubevitals::discovery
