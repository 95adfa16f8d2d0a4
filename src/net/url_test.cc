#include "net/url.h"

#include <gtest/gtest.h>

namespace kubevitals::net {
namespace {

std::string show(const std::string& text) {
  const auto url = parse_http_url(text);
  if (!url) return "error";
  return url->text + " " + url->scheme + " " + url->host + " " + std::to_string(url->port) +
         (url->has_credentials ? " " + url->user + ":" + url->password : "");
}

std::string resolve(const std::string& base, const std::string& reference) {
  return resolve_url(base, reference).value_or("error");
}

TEST(HttpUrl, IsTakenApart) {
  EXPECT_EQ(show("http://Example.com/a?b=c"), "http://Example.com/a?b=c http example.com 80");
  EXPECT_EQ(show("HTTPS://user:p%40ss@h:8443/"), "https://h:8443/ https h 8443 user:p@ss");
  EXPECT_EQ(show("http://user@[::1]:1/"), "http://[::1]:1/ http ::1 1 user:");
  EXPECT_EQ(show("http://:p@h/"), "http://h/ http h 80 :p");
  EXPECT_EQ(show("ftp://h/"), "error");
  EXPECT_EQ(show("http://:80/x"), "error");
  EXPECT_EQ(show("/x"), "error");
}

TEST(HttpUrl, ReferencesAreResolved) {
  EXPECT_EQ(resolve("http://h:81/a/b?c", "d"), "http://h:81/a/d");
  EXPECT_EQ(resolve("http://h/a/b", "/x?y=z"), "http://h/x?y=z");
  EXPECT_EQ(resolve("https://h/a", "//other/x"), "https://other/x");
  EXPECT_EQ(resolve("http://h/a/b/c", "../x"), "http://h/a/x");
  EXPECT_EQ(resolve("http://h/a", "https://o:1/p"), "https://o:1/p");
  EXPECT_EQ(resolve("http://h/a", "file:///etc/passwd"), "file:///etc/passwd");
  EXPECT_EQ(resolve("http://h/a", "http://"), "error");
}

}  // namespace
}  // namespace kubevitals::net
