#include "net/curl_url.h"

#include <gtest/gtest.h>

namespace kubevitals::net {
namespace {

TEST(CurlUrl, IsAbsoluteAndHasAHost) {
  for (const char* url : {"http://a", "https://[::1]:8443/b?c#d", "socks5://u:p@h:1080", "http://a/%20"}) {
    EXPECT_TRUE(CurlUrl::parse(url)) << url;
  }
  for (const char* url : {"", "a", "/a", "http://", "http://a b", "http://a\r\nb", "http://[::1",
                          "http://a:port", "http://a:70000"}) {
    EXPECT_FALSE(CurlUrl::parse(url)) << url;
  }
}

TEST(CurlUrl, HasParts) {
  const auto url = CurlUrl::parse("https://user:pass@host/path?q=1#f");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->part(CURLUPART_HOST), "host");
  EXPECT_EQ(url->part(CURLUPART_PORT), "");
  EXPECT_EQ(url->part(CURLUPART_PORT, CURLU_DEFAULT_PORT), "443");
  EXPECT_EQ(url->without_credentials(), "https://host/path?q=1#f");
  EXPECT_EQ(url->without_credentials_and_query(), "https://host/path");
  EXPECT_EQ(url->part(CURLUPART_USER), "user") << "only the copies lose something";
}

TEST(ShownUrl, HidesSecretsOfGoodAndBadUrls) {
  EXPECT_EQ(shown_url("https://user:secret@host:1/path?token=secret#secret"), "https://host:1/path");
  EXPECT_EQ(shown_url("user:secret@host/path?token=secret"), "host/path");
  EXPECT_EQ(shown_url("http://user:sec ret@a:port/b?secret"), "a:port/b");
  EXPECT_EQ(shown_url("http://user:secret@one@two b/"), "two b/");
  EXPECT_EQ(shown_url("not a\r\nforged line"), "not a  forged line");
}

TEST(ShownText, IsOneShortLine) {
  EXPECT_EQ(shown_text("a\r\nb\tc", 100), "a  b c");
  EXPECT_EQ(shown_text("abc", 2), "ab");
}

}  // namespace
}  // namespace kubevitals::net
