#include "net/http_message.h"

#include <gtest/gtest.h>

namespace kubevitals::net {
namespace {

TEST(Headers, NamesAreComparedWithoutCase) {
  Headers headers{{"Content-Type", "text/plain"}, {"accept", "a"}, {"Accept", "b"}};
  EXPECT_EQ(headers.find("content-TYPE"), "text/plain");
  EXPECT_EQ(headers.joined("ACCEPT"), "a, b");
  headers.set("Accept", "c");
  EXPECT_EQ(headers.joined("accept"), "c");
  headers.remove("content-type");
  EXPECT_FALSE(headers.find("Content-Type"));
}

TEST(Url, EncodesAllButTheUnreserved) {
  EXPECT_EQ(url_encode("a b/c=d&e~f-g_h.i"), "a%20b%2Fc%3Dd%26e~f-g_h.i");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path(""), "/");
  EXPECT_EQ(clean_path("//a///b"), "/a/b");
  EXPECT_EQ(clean_path("/a/./b/../../c/"), "/c/");
  EXPECT_EQ(clean_path("/../a"), "/a");
  EXPECT_EQ(encode_path("/a b/c=d?e#f%"), "/a%20b/c=d%3Fe%23f%25");
  EXPECT_EQ(encode_query({{"labelSelector", "a in (b,c)"}, {"watch", "true"}}),
            "labelSelector=a%20in%20%28b%2Cc%29&watch=true");
}

TEST(Url, DecodesWhatABrowserSends) {
  const QueryParameters expected{{"a", "1 2"}, {"b", "x y"}, {"c", ""}, {"d", ""}, {"e", "%zz%"}};
  EXPECT_EQ(decode_query("a=1+2&b=x%20y&c&d=&&e=%zz%"), expected);
  EXPECT_TRUE(decode_query("").empty());
}

TEST(Url, EncodingAndDecodingAnyBytesGivesThemBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const QueryParameters parameters{{bytes, bytes}, {"", bytes}};
  EXPECT_EQ(decode_query(encode_query(parameters)), parameters);
}

TEST(ParseTarget, OriginAndAbsoluteForm) {
  const QueryParameters query{{"a", "1"}};
  for (const char* target : {"/b%20c?a=1", "http://host/b%20c?a=1", "https://host:1/b%20c?a=1"}) {
    const Target parsed = parse_target(target);
    EXPECT_EQ(parsed.path, "/b c") << target;
    EXPECT_EQ(parsed.query, query) << target;
  }
  EXPECT_EQ(parse_target("http://host").path, "/");
  EXPECT_EQ(parse_target("http://host?a=1").path, "/");
  EXPECT_EQ(parse_target("http://host?a=1").query, query);
  EXPECT_EQ(parse_target("/a+b").path, "/a+b");
  EXPECT_EQ(parse_target("/a?b?c").query, (QueryParameters{{"b?c", ""}}));
  EXPECT_EQ(parse_target("*").path, "*");
}

}  // namespace
}  // namespace kubevitals::net
