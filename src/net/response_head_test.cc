#include "net/response_head.h"

#include <gtest/gtest.h>

namespace kubevitals::net {
namespace {

// Without its Date field, which has to be the first.
std::string head_of(const ServerResponse& response, unsigned version, bool keep_alive, Framing framing) {
  std::string head = response_head(response, version, keep_alive, framing);
  const std::size_t date = head.find("\r\n") + 2;
  EXPECT_EQ(head.compare(date, 6, "Date: "), 0) << head;
  return head.erase(date, head.find("\r\n", date) + 2 - date);
}

TEST(ResponseHead, HasStatusFieldsAndFraming) {
  ServerResponse response = ServerResponse::text(404, "");
  response.headers.add("X-Twice", "a");
  response.headers.add("X-Twice", "b");
  EXPECT_EQ(
      head_of(response, 11, true, Framing{5, false}),
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Twice: a\r\nX-Twice: b\r\n"
      "Content-Length: 5\r\n\r\n");
}

TEST(ResponseHead, SaysWhatBecomesOfTheConnection) {
  const ServerResponse response;
  EXPECT_EQ(head_of(response, 11, true, Framing{std::nullopt, true}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head_of(response, 11, false, Framing{0, false}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head_of(response, 10, true, Framing{1, false}),
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(head_of(response, 10, false, Framing{}), "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, HandlersCanNeitherBreakTheFramingNorForgeFields) {
  ServerResponse response;
  response.headers = Headers{{"content-length", "1"},
                             {"TRANSFER-ENCODING", "x"},
                             {"Connection", "upgrade"},
                             {"Date", "today"},
                             {"X", "a\r\nY: b"},
                             {"X\r\nY", "a"},
                             {"X: a", "b"},
                             {"X y", "a"},
                             {"", "a"},
                             {"X", std::string("a\0b", 3)},
                             {"Good", ""}};
  EXPECT_EQ(head_of(response, 11, true, Framing{0, false}),
            "HTTP/1.1 200 OK\r\nGood: \r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseHead, AStatusThatIsNoneIsAnError) {
  for (const int status : {-1, 0, 99, 1000}) {
    ServerResponse response;
    response.status = status;
    EXPECT_EQ(head_of(response, 11, true, Framing{}), "HTTP/1.1 500 Internal Server Error\r\n\r\n");
  }
  ServerResponse unknown;
  unknown.status = 799;
  EXPECT_EQ(head_of(unknown, 11, true, Framing{}), "HTTP/1.1 799 \r\n\r\n");
}

TEST(StatusHasBody, AllButInterimAndEmptyOnes) {
  for (const int status : {100, 103, 204, 304}) EXPECT_FALSE(status_has_body(status)) << status;
  for (const int status : {200, 205, 302, 404, 500}) EXPECT_TRUE(status_has_body(status)) << status;
}

}  // namespace
}  // namespace kubevitals::net
