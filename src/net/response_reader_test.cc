#include "net/response_reader.h"

#include <gmock/gmock.h>

namespace kubevitals::net {
namespace {

using testing::HasSubstr;

constexpr std::size_t kMaxBody = 1'000;

std::string text_of(std::string_view bytes, std::size_t piece, bool ends = false) {
  ResponseReader reader(kMaxBody, 0);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (Result<void> taken = reader.take(bytes.substr(at, piece)); !taken) return taken.error().message;
  }
  if (ends) {
    if (Result<void> end = reader.take_end(); !end) return end.error().message;
  }
  if (!reader.is_whole()) return "not whole";
  const std::string kept = reader.keeps_alive() ? " kept" : "";
  return std::to_string(reader.status()) + " " + reader.take_body() + kept;
}

TEST(ResponseReader, BodiesOfEveryFraming) {
  for (const std::size_t piece : {1U, 2U, 7U, 1'000U}) {
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", piece), "200 hello kept");
    EXPECT_EQ(text_of("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", piece), "404  kept");
    EXPECT_EQ(text_of("HTTP/1.1 204 No Content\r\n\r\n", piece), "204  kept");
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: u\r\n\r\n",
                      piece),
              "200 hello kept");
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", piece), "200  kept");
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", piece),
              "200 ok");
    EXPECT_EQ(text_of("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", piece), "200 ok");
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\n\r\nto the end", piece), "not whole");
    EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\n\r\nto the end", piece, true), "200 to the end");
  }
}

TEST(ResponseReader, WhatEndsTooSoonIsNotWhole) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  EXPECT_THAT(text_of("", 1, true), HasSubstr("without an answer"));
  EXPECT_THAT(text_of(whole.substr(0, 20), 20, true), HasSubstr("without an answer"));
  EXPECT_THAT(text_of(whole.substr(0, whole.size() - 1), 9, true), HasSubstr("in the middle"));
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", 9, true),
              HasSubstr("in the middle"));
}

TEST(ResponseReader, BodiesHaveALimit) {
  const std::string big(kMaxBody + 1, 'x');
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + big, 64),
              HasSubstr("larger than 1000"));
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\n\r\n" + big, 64), HasSubstr("larger than 1000"));
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + big, 64),
              HasSubstr("larger than 1000"));
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + big.substr(1), 64),
              HasSubstr("kept"));
}

TEST(ResponseReader, WhatIsNoResponse) {
  for (const char* const text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nbad\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
    EXPECT_THAT(text_of(text, 100), HasSubstr("malformed")) << text;
  }
  EXPECT_THAT(text_of("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), 4'096), HasSubstr("malformed"));
}

TEST(ResponseReader, ABodyHasRoomBehindIt) {
  ResponseReader reader(kMaxBody, 64);
  ASSERT_TRUE(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_GE(reader.take_body().capacity(), 69U);
}

TEST(ResponseReader, WhatFollowsTheResponseSpoilsTheConnection) {
  EXPECT_EQ(text_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok...", 1'000), "200 ok");
}

}  // namespace
}  // namespace kubevitals::net
