// What the server makes of the bytes of its clients; http_server_limits_test.cc has its time-outs and its
// end.
#include "net/http_server.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <utility>
#include <vector>

#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kClose = "Host: x\r\nConnection: close\r\n\r\n";

int count(std::string_view text, std::string_view part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class ServerTest : public HttpFixture {
 protected:
  static std::string with_close(std::string_view first_lines) {
    return std::string(first_lines).append(kClose);
  }
};

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket socket = co_await connect();
    std::string requests = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int i = 1; i <= 500; ++i) {
      requests.append("POST /echo?a=").append(std::to_string(i));
      requests.append(" HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    }
    requests.append(with_close("GET /echo?a=last HTTP/1.1\r\n"));
    co_await write(socket, requests);
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 1; }));
    release();
    const std::string got = co_await read_to_end(socket);
    std::size_t at = got.find("released");
    for (int i = 1; i <= 500 && at != got.npos; ++i) {
      at = got.find("POST /echo " + std::to_string(i) + " bodyHTTP/1.1 200", at);
    }
    EXPECT_NE(at, got.npos);
    EXPECT_THAT(got, EndsWith("GET /echo last "));
    EXPECT_EQ(requests_, 502);
  });
}

TEST_F(ServerTest, RequestsComeInAnyPieces) {
  serve();
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket socket = co_await connect();
    const std::string request =
        "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n";
    for (int i = 0; i < 2; ++i) {
      for (const char byte : request) co_await write(socket, std::string_view(&byte, 1));
      const std::string got = co_await read_until(socket, "abcde");
      EXPECT_THAT(got, EndsWith("POST /echo 1 abcde"));
    }
  });
}

TEST_F(ServerTest, BadRequestsAreRefused) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  options.max_header_bytes = 4000;
  serve(options);
  const std::string host = "Host: x\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\n" + host;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"431", "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'a') + "\r\n\r\n"},
      {"414", "GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\n\r\n"},
      {"413", post + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'b')},
      {"413", post + "Content-Length: 1001\r\n\r\n"},
      {"413", post + "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'b') + "\r\n0\r\n\r\n"},
      {"505", "GET / HTTP/2.0\r\n" + host + "\r\n"},
      {"400", "GET / HTTP/1.1\r\n\r\n"},
      {"400", "\x01\x02\x03\xff garbage\r\n\r\n"},
      {"400", "GET / HTTP/1.1\r\n" + host + "A b: c\r\n\r\n"},
      {"400", post + "Content-Length: -1\r\n\r\n"},
      {"400", post + "Content-Length: many\r\n\r\n"},
      {"400", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
      {"400", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"400", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {"400", post + "Transfer-Encoding: chunked\r\n\r\nno number\r\n"},
      {"417", post + "Expect: miracles\r\n\r\n"},
  };
  run([&]() -> asio::awaitable<void> {
    for (const auto& [status, request] : cases) {
      const std::string got = co_await say(request);
      EXPECT_THAT(got, StartsWith("HTTP/1.1 " + status)) << request.substr(0, 200);
      EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n"));
      EXPECT_EQ(count(got, "HTTP/1.1"), 1);
    }
    EXPECT_EQ(requests_, 0);
    const std::string fits =
        post + "Connection: close\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b');
    const std::string got = co_await say(fits);
    EXPECT_THAT(got, EndsWith("POST /echo - " + std::string(1000, 'b')));
  });
}

TEST_F(ServerTest, AClientThatIsRefusedCanReadWhy) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    // More than is read before the refusal: closing at once would reset the connection.
    const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n";
    const std::string got = co_await say(request + std::string(500'000, 'b'));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 413"));
  });
}

TEST_F(ServerTest, TargetsOfAllForms) {
  serve();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/echo?a=b%20c+d", "GET /echo b c d "},
      {"http://elsewhere:80/echo?a=1", "GET /echo 1 "},
      {"/%65cho?%61=1&a=2", "GET /echo 1 "},
      {"/echo?a=%zz", "GET /echo %zz "},
  };
  run([&]() -> asio::awaitable<void> {
    for (const auto& [target, expected] : cases) {
      const std::string got = co_await say(with_close("GET " + target + " HTTP/1.1\r\n"));
      EXPECT_THAT(got, EndsWith(expected));
    }
    const std::string star = co_await say(with_close("OPTIONS * HTTP/1.1\r\n"));
    EXPECT_THAT(star, StartsWith("HTTP/1.1 200 OK\r\n"));
  });
}

TEST_F(ServerTest, ClientsAreAskedToContinue) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n";
    asio::ip::tcp::socket socket = co_await connect();
    co_await write(socket, head);
    const std::string asked = co_await read_until(socket, "\r\n\r\n");
    EXPECT_EQ(asked, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await write(socket, "body");
    const std::string answer = co_await read_until(socket, "body");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    co_await write(socket, head + "more");
    const std::string unasked = co_await read_until(socket, "more");
    EXPECT_THAT(unasked, StartsWith("HTTP/1.1 200 OK\r\n")) << "the body came without being asked for";
    const std::string old = co_await say("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(old, StartsWith("HTTP/1.0 200 OK\r\n"));
  });
}

TEST_F(ServerTest, OldClientsGetTheBodyUntilTheConnectionCloses) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string got = co_await say("GET /big HTTP/1.0\r\n\r\n");
    EXPECT_THAT(got.substr(0, 1000), StartsWith("HTTP/1.0 200 OK\r\n"));
    EXPECT_THAT(got.substr(0, 1000), Not(HasSubstr("chunked")));
    EXPECT_GT(got.size(), kBig);
    const std::string known = co_await say("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_THAT(known, HasSubstr("Content-Length: 12\r\n"));
    const std::string broken = co_await say("GET /truncated HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(broken, Not(HasSubstr("keep-alive")));
  });
}

TEST_F(ServerTest, OldClientsMayKeepTheConnection) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string got = co_await say(
        "GET /echo?a=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        "GET /echo?a=2 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(count(got, "Connection: keep-alive\r\n"), 1);
    EXPECT_THAT(got, HasSubstr("GET /echo 1 HTTP/1.0 200"));
    EXPECT_THAT(got, EndsWith("GET /echo 2 "));
  });
}

TEST_F(ServerTest, ConnectionCloseIsObeyed) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string request = with_close("GET /echo HTTP/1.1\r\n");
    const std::string got = co_await say(request + request);
    EXPECT_EQ(count(got, "HTTP/1.1 200 OK\r\n"), 1) << "what follows is not answered";
    EXPECT_EQ(count(got, "\r\nConnection: close\r\n"), 1);
    EXPECT_EQ(requests_, 1);
    const std::string big = co_await say(with_close("GET /big HTTP/1.1\r\n"));
    EXPECT_TRUE(big.ends_with("\r\n0\r\n\r\n"));
  });
}

TEST_F(ServerTest, BodiesAreDelimited) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string head = co_await say(with_close("HEAD /big HTTP/1.1\r\n"));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    const std::string known = co_await say(with_close("GET /small HTTP/1.1\r\n"));
    EXPECT_THAT(known, HasSubstr("\r\nContent-Length: 10\r\n"));
    EXPECT_THAT(known, EndsWith("\r\n\r\nxxxxxxxxxx"));
    const std::string empty = co_await say(with_close("GET /empty HTTP/1.1\r\n"));
    EXPECT_THAT(empty, StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(empty, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(empty, Not(HasSubstr("Transfer-Encoding")));
    const std::string nothing = co_await say(with_close("GET /nothing HTTP/1.1\r\n"));
    EXPECT_THAT(nothing, HasSubstr("\r\nContent-Length: 0\r\n"));
    const std::string truncated = co_await say(with_close("GET /truncated HTTP/1.1\r\n"));
    EXPECT_THAT(truncated, Not(EndsWith("0\r\n\r\n")));
    const std::string aborted = co_await say(with_close("GET /abort HTTP/1.1\r\n"));
    EXPECT_EQ(aborted, "");
  });
}

TEST_F(ServerTest, AHandlerThatThrowsIsA500) {
  serve();
  run([&]() -> asio::awaitable<void> {
    const std::string throws = "GET /throw HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string got = co_await say(throws + with_close("GET /echo HTTP/1.1\r\n"));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(got, Not(HasSubstr("handler failed"))) << "that is nothing for clients";
    EXPECT_THAT(got, EndsWith("GET /echo - "));
  });
}

TEST_F(ServerTest, AClientThatOnlyStoppedSendingIsAnswered) {
  serve();
  run([&]() -> asio::awaitable<void> {
    for (const std::string_view path : {"/echo", "/hang", "/watch", "/small"}) {
      asio::ip::tcp::socket socket = co_await connect();
      const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
      co_await write(socket, request + request);
      socket.shutdown(asio::ip::tcp::socket::shutdown_send);
      const std::string got = co_await read_to_end(socket);
      EXPECT_EQ(count(got, "HTTP/1.1 200 OK\r\n"), 2) << path;
      EXPECT_EQ(got.ends_with("\r\n0\r\n\r\n"), path == "/watch");
    }
    EXPECT_TRUE(handler_cancelled_ && body_cancelled_);
    const std::string half = co_await [&]() -> asio::awaitable<std::string> {
      asio::ip::tcp::socket socket = co_await connect();
      co_await write(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
      socket.shutdown(asio::ip::tcp::socket::shutdown_send);
      co_return co_await read_to_end(socket);
    }();
    EXPECT_EQ(half, "") << "half a request is none";
  });
}

TEST_F(ServerTest, ManyClientsOnManyThreads) {
  asio::thread_pool pool(3);
  ServerOptions options;
  options.address = "127.0.0.1";
  HttpServer server(pool.get_executor(), options,
                    [](ServerRequest request) -> asio::awaitable<ServerResponse> {
                      co_return ServerResponse::text(200, std::string(request.parameter("a").value_or("")));
                    });
  ASSERT_TRUE(server.start());
  HttpClient http(pool.get_executor(), TransportOptions{});
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 100; ++i) {
    auto ask = [&http, port = server.port(), i]() -> asio::awaitable<std::string> {
      HttpRequest request = get_at(port, "/?a=" + std::to_string(i));
      const auto response = co_await http.send(std::move(request));
      co_return text_of(response);
    };
    // The coroutine's closure lives in the frame of a second one.
    auto hold = [](auto call) -> asio::awaitable<std::string> { co_return co_await call(); };
    answers.push_back(asio::co_spawn(pool, hold(std::move(ask)), asio::use_future));
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[i].get(), std::to_string(i));
  asio::co_spawn(pool, server.stop(10s), asio::use_future).get();
}

}  // namespace
}  // namespace kubevitals::net
