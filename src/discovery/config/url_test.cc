#include "discovery/config/url.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

// "scheme|user|password|host|rest" or the error.
std::string taken_apart(std::string_view text) {
  const auto parts = parse_url(text);
  if (!parts) return parts.error().message;
  return parts->scheme + "|" + parts->user + "|" + parts->password.value_or("-") + "|" + parts->host + "|" +
         parts->rest;
}

TEST(Url, IsTakenApart) {
  EXPECT_EQ(taken_apart("HTTP://user:pa%20ss@h:80/a/b?c=d#e"), "http|user|pa%20ss|h:80|/a/b?c=d#e");
  EXPECT_EQ(taken_apart("https://[::1]:9/"), "https||-|[::1]:9|/");
  EXPECT_EQ(taken_apart("https://a@b@h"), "https|a@b|-|h|");
  EXPECT_EQ(taken_apart("unix:///var/run/x.sock"), "unix||-||/var/run/x.sock");
  EXPECT_EQ(taken_apart("host"), "||-||host");
  EXPECT_EQ(taken_apart("host:80"), "host||-||80");
  EXPECT_EQ(taken_apart("//host/x"), "||-|host|/x");
  EXPECT_EQ(taken_apart("http://h?q=/@x"), "http||-|h|?q=/@x");
  EXPECT_EQ(taken_apart(""), "||-||");
}

TEST(Url, IsRefusedAsGoDoes) {
  EXPECT_EQ(taken_apart("://h"), "not a valid URL: missing protocol scheme");
  EXPECT_EQ(taken_apart("127.0.0.1:80"), "not a valid URL: first path segment cannot contain a colon");
  EXPECT_EQ(taken_apart("http://h:x/"), "not a valid URL: invalid port after host");
  EXPECT_EQ(taken_apart("http://[::1/"), "not a valid URL: missing ']' in host");
  EXPECT_EQ(taken_apart("http://[::1]x/"), "not a valid URL: invalid port after host");
  EXPECT_EQ(taken_apart("http://a b/"), "not a valid URL: invalid character in host name");
  EXPECT_EQ(taken_apart("http://h%41/"), "not a valid URL: invalid escape in host name");
  EXPECT_EQ(taken_apart("http://h/%4"), "not a valid URL: invalid escape");
  EXPECT_EQ(taken_apart("http://h/#%zz"), "not a valid URL: invalid escape");
  EXPECT_EQ(taken_apart("http://u ser@h/"), "not a valid URL: invalid user information");
  EXPECT_EQ(taken_apart("http://h/\n"), "not a valid URL: control character");
}

TEST(Url, LosesItsPassword) {
  EXPECT_EQ(redact_url("http://u:p@h/x", "***"), "http://u:***@h/x");
  EXPECT_EQ(redact_url("http://u@h/x", "***"), "http://u@h/x");
  EXPECT_EQ(redact_url("http://u:p@h/%zz", "***"), "http://u:p@h/%zz");
}

}  // namespace
}  // namespace kubevitals::discovery
