// What the client makes of the bodies of answers.
#include <gmock/gmock.h>

#include <utility>

#include "net/http_client.h"
#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;

class ClientBodyTest : public HttpFixture {};

TEST_F(ClientBodyTest, CompressedBodiesAreDecoded) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    const std::string text(100'000, 'z');
    const auto whole = co_await fetch("/gzip");
    EXPECT_EQ(text_of(whole), text);
    EXPECT_TRUE(whole && !whole->headers.find("Content-Encoding") && !whole->headers.find("Content-Length"));
    const auto stream = co_await open("/gzip");
    if (!stream) co_return;
    const Received received = co_await read_all(*stream);
    EXPECT_EQ(received.body, text);
    EXPECT_EQ(received.failure, std::nullopt);
    EXPECT_LT(stream->wire_bytes(), text.size());
    HttpRequest verbatim = get("/gzip");
    verbatim.compressed = false;
    const auto packed = co_await http.send(std::move(verbatim));
    EXPECT_EQ(text_of(packed), gzip(text));
    EXPECT_TRUE(packed && packed->headers.find("Content-Encoding") == "gzip");
  });
}

TEST_F(ClientBodyTest, ABombDoesNotGoOffInMemory) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/gzip-bomb");
    const auto response = co_await http.send(request, kBomb - 1);
    EXPECT_EQ(failure_of(response), ErrorCode::kInvalid);
    EXPECT_THAT(message_of(response), HasSubstr("larger than 3999999 bytes"));
    const auto exact = co_await http.send(request, kBomb);
    EXPECT_TRUE(exact && exact->body.size() == kBomb) << message_of(exact);
    const auto stream = co_await open("/gzip-bomb");
    if (!stream) co_return;
    std::size_t size = 0;
    while (true) {
      const auto bytes = co_await stream->read_some(10s);
      if (!bytes || bytes->empty()) break;
      EXPECT_LE(bytes->size(), std::size_t{256} << 10);
      size += bytes->size();
    }
    EXPECT_EQ(size, kBomb);
  });
}

TEST_F(ClientBodyTest, BadCompressionIsNeverAProperEnd) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto cut = co_await fetch("/gzip-cut");
    EXPECT_EQ(failure_of(cut), ErrorCode::kUnavailable);
    EXPECT_THAT(message_of(cut), HasSubstr("/gzip-cut: the compressed body is cut off"));
    const auto bad = co_await fetch("/gzip-bad");
    EXPECT_EQ(failure_of(bad), ErrorCode::kInvalid);
    EXPECT_THAT(message_of(bad), HasSubstr("/gzip-bad: the compressed body is malformed"));
    const auto cut_stream = co_await open("/gzip-cut");
    if (!cut_stream) co_return;
    const Received received = co_await read_all(*cut_stream);
    EXPECT_EQ(received.failure, ErrorCode::kUnavailable);
    EXPECT_LT(received.body.size(), 100'000u);
    const auto bad_stream = co_await open("/gzip-bad");
    if (!bad_stream) co_return;
    const Received nothing = co_await read_all(*bad_stream);
    EXPECT_EQ(nothing.failure, ErrorCode::kInvalid);
  });
}

TEST_F(ClientBodyTest, BodiesHaveALimit) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    for (const std::string path : {"/echo?a=12345678901", "/big"}) {
      HttpRequest request = get(path);
      const auto response = co_await http.send(request, 20);
      EXPECT_EQ(failure_of(response), ErrorCode::kInvalid) << path;
      EXPECT_THAT(message_of(response), HasSubstr("the body is larger than 20 bytes"));
    }
    HttpRequest request = get("/echo?a=1234567890");
    const auto response = co_await http.send(std::move(request), 21);
    EXPECT_EQ(text_of(response), "GET /echo 1234567890 ");
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0; })) << "the rest is not even asked for";
    EXPECT_LT(produced_, kBig);
  });
}

TEST_F(ClientBodyTest, AReaderThatStopsReadingHoldsTheServerBack) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/big");
    if (!stream) co_return;
    const auto first = co_await stream->read_some(10s);
    EXPECT_TRUE(first);
    if (!first) co_return;
    std::size_t before = 0;
    while (before != produced_) {
      before = produced_;
      co_await pause(50ms);
    }
    EXPECT_LT(produced_, kBig);
    const Received rest = co_await read_all(*stream);
    EXPECT_EQ(first->size() + rest.body.size(), kBig);
    EXPECT_EQ(rest.failure, std::nullopt);
    EXPECT_EQ(stream->wire_bytes(), kBig);
    const auto again = co_await stream->read_some(10s);
    EXPECT_TRUE(again && again->empty()) << "the end stays the end";
  });
}

TEST_F(ClientBodyTest, ABodyThatBreaksOffIsNeverAProperEnd) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    for (const std::string path : {"/truncated", "/broken", "/short", "/long"}) {
      const auto response = co_await fetch(path);
      EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable) << path;
      const auto stream = co_await open(path);
      if (!stream) continue;
      const Received received = co_await read_all(*stream);
      EXPECT_EQ(received.failure, ErrorCode::kUnavailable) << path;
      const auto again = co_await stream->read_some(10s);
      EXPECT_EQ(failure_of(again), ErrorCode::kUnavailable) << "the failure stays";
    }
    const auto aborted = co_await fetch("/abort");
    EXPECT_EQ(failure_of(aborted), ErrorCode::kUnavailable);
    const auto later = co_await fetch("/echo");
    EXPECT_EQ(text_of(later), "GET /echo - ");
  });
}

TEST_F(ClientBodyTest, AnswersMayHaveNone) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch("/empty");
    EXPECT_EQ(status_of(response), 204);
    EXPECT_EQ(text_of(response), "");
    const auto stream = co_await open("/empty");
    if (!stream) co_return;
    EXPECT_EQ(stream->status(), 204);
    const auto end = co_await stream->read_some(10s);
    EXPECT_TRUE(end && end->empty());
  });
}

}  // namespace
}  // namespace kubevitals::net
