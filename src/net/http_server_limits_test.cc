// What the server does not wait for: slow clients, too many of them, and at its own end all of them.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "net/http_fixture.h"
#include "net/http_server.h"
#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

using asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kEcho = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kWait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHang = "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n";

class ServerLimitsTest : public HttpFixture {
 protected:
  // Starts to stop; stopped_ says when that is done.
  void stop(std::chrono::milliseconds grace) {
    asio::co_spawn(io_, server_->stop(grace), [this](std::exception_ptr) { stopped_ = true; });
  }

  bool stopped_ = false;
};

TEST_F(ServerLimitsTest, IdleConnectionsAreClosed) {
  ServerOptions options;
  options.idle_timeout = 50ms;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    const std::string got = co_await say(kEcho);
    EXPECT_THAT(got, EndsWith("GET /echo - "));
  });
}

TEST_F(ServerLimitsTest, RequestsHaveToComeInTime) {
  ServerOptions options;
  options.read_timeout = 50ms;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    for (const std::string_view start :
         {"", "GET",
          "GET /echo HTTP/1.1\r\nHost:", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc",
          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
      const std::string got = co_await say(start);
      EXPECT_EQ(got, "") << start;
    }
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(ServerLimitsTest, SlowRequestsGetNoMoreTimeWithEachByte) {
  ServerOptions options;
  options.read_timeout = 100ms;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    tcp::socket socket = co_await connect();
    co_await write(socket, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ");
    while (co_await write(socket, "x")) co_await pause(5ms);
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(ServerLimitsTest, HandshakesHaveToComeInTime) {
  const KeyPair pair = make_self_signed_certificate().value();
  ServerOptions options;
  options.read_timeout = 50ms;
  options.tls_certificate = pair.certificate;
  options.tls_key = pair.key;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    const std::string got = co_await say("\x16\x03\x01");
    EXPECT_EQ(got, "");
  });
}

TEST_F(ServerLimitsTest, HandlersMayTakeTheirTime) {
  ServerOptions options;
  options.read_timeout = 150ms;
  options.idle_timeout = 150ms;
  options.write_timeout = 150ms;
  serve(options);
  client();
  run([&]() -> asio::awaitable<void> {
    tcp::socket waiting = co_await connect();
    co_await write(waiting, kWait);
    const auto stream = co_await open("/watch");
    if (!stream) co_return;
    co_await pause(400ms);
    release();
    const std::string got = co_await read_until(waiting, "released");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_FALSE(body_cancelled_);
  });
}

TEST_F(ServerLimitsTest, AClientThatTakesNothingIsCutOffAndHoldsNobodyUp) {
  ServerOptions options;
  options.write_timeout = 100ms;
  serve(options);
  client();
  run([&]() -> asio::awaitable<void> {
    tcp::socket slow = co_await connect();
    co_await write(slow, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 1; }));
    const auto other = co_await fetch("/echo");
    EXPECT_EQ(text_of(other), "GET /echo - ");
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0; }));
    const std::string got = co_await read_to_end(slow);
    EXPECT_LT(got.size(), kBig);
  });
}

TEST_F(ServerLimitsTest, AClientThatTakesLittleAfterLittleIsNotCutOff) {
  ServerOptions options;
  options.write_timeout = 250ms;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    tcp::socket slow = co_await connect();
    co_await write(slow, "GET /big HTTP/1.0\r\n\r\n");
    std::string bytes(8 << 20, '\0');
    const auto space = asio::buffer(bytes);
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    std::size_t got = 0;
    while (!error) {
      got += co_await asio::async_read(slow, space, token);
      co_await pause(80ms);
    }
    EXPECT_GT(got, kBig);
  });
}

TEST_F(ServerLimitsTest, ConnectionsBeyondTheLimitAreClosed) {
  ServerOptions options;
  options.max_connections = 2;
  serve(options);
  client();
  run([&]() -> asio::awaitable<void> {
    tcp::socket one = co_await connect();
    co_await write(one, kWait);
    tcp::socket two = co_await connect();
    co_await write(two, kWait);
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    const auto refused = co_await fetch("/echo");
    EXPECT_EQ(failure_of(refused), ErrorCode::kUnavailable);
    one.close();
    bool accepted = false;
    for (int i = 0; i < 1000 && !accepted; ++i) {
      co_await pause(1ms);
      const auto response = co_await fetch("/echo");
      accepted = response.has_value();
    }
    EXPECT_TRUE(accepted);
  });
}

TEST_F(ServerLimitsTest, StoppingWaitsForWhatIsUnderWay) {
  serve();
  run([&]() -> asio::awaitable<void> {
    tcp::socket idle = co_await connect();
    tcp::socket kept = co_await connect();
    co_await write(kept, kEcho);
    co_await read_until(kept, "GET /echo - ");
    tcp::socket waiting = co_await connect();
    const std::string two = std::string(kWait).append(kEcho);
    co_await write(waiting, two);
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    const std::uint16_t port = server_->port();
    stop(1h);
    const std::string nothing = co_await read_to_end(idle);
    EXPECT_EQ(nothing, "");
    const std::string no_more = co_await read_to_end(kept);
    EXPECT_EQ(no_more, "");
    client();
    const auto refused = co_await fetch_at(port, "/echo");
    EXPECT_THAT(message_of(refused), HasSubstr("connection refused"));
    EXPECT_FALSE(stopped_);
    release();
    const std::string got = co_await read_to_end(waiting);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(got, EndsWith("released")) << "the next one in the pipeline is not answered";
    waiting.close();
    EXPECT_TRUE(co_await eventually([&] { return stopped_; }));
    EXPECT_FALSE(handler_cancelled_);
  });
}

TEST_F(ServerLimitsTest, StoppingEndsWhatTakesTooLong) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/watch");
    if (!stream) co_return;
    tcp::socket hanging = co_await connect();
    co_await write(hanging, kHang);
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    co_await server_->stop(20ms);
    EXPECT_TRUE(handler_cancelled_ && body_cancelled_);
    EXPECT_EQ(bodies_, 0);
    const Received received = co_await read_all(*stream);
    EXPECT_EQ(received.failure, ErrorCode::kUnavailable);
    co_await server_->stop(1h);
  });
}

TEST_F(ServerLimitsTest, DestroyingTheServerEndsWhatIsUnderWay) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/watch");
    if (!stream) co_return;
    tcp::socket hanging = co_await connect();
    co_await write(hanging, kHang);
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    server_.reset();
    const std::string got = co_await read_to_end(hanging);
    EXPECT_EQ(got, "");
    const Received received = co_await read_all(*stream);
    EXPECT_EQ(received.failure, ErrorCode::kUnavailable);
    EXPECT_TRUE(handler_cancelled_ && body_cancelled_);
  });
}

// Answers after half a minute, or when its client goes away. `held` counts those under way.
asio::awaitable<ServerResponse> hold(int* held) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ++*held;
  asio::steady_timer timer(co_await asio::this_coro::executor, 30s);
  boost::system::error_code cancelled;
  auto token = asio::redirect_error(asio::use_awaitable, cancelled);
  co_await timer.async_wait(token);
  --*held;
  co_return ServerResponse::text(200, "nothing new");
}

class HeldRequestsTest : public ServerLimitsTest {
 protected:
  void serve_holding() {
    ServerOptions options;
    options.address = "127.0.0.1";
    Handler handler = [this](ServerRequest request) {
      return request.path == "/hold" ? hold(&held_) : handle(std::move(request));
    };
    server_ = std::make_unique<HttpServer>(io_.get_executor(), std::move(options), std::move(handler));
    ASSERT_TRUE(server_->start());
  }

  asio::awaitable<std::vector<tcp::socket>> hold_many(std::string_view request) {
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < kMany; ++i) {
      tcp::socket socket = co_await connect();
      co_await write(socket, request);
      sockets.push_back(std::move(socket));
    }
    co_return sockets;
  }

  static constexpr int kMany = 400;
  static constexpr std::string_view kHold = "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n";
  static constexpr std::string_view kPost = "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";

  int held_ = 0;
};

TEST_F(HeldRequestsTest, HundredsEndWithTheirClients) {
  serve_holding();
  client();
  run([&]() -> asio::awaitable<void> {
    std::vector<tcp::socket> gets = co_await hold_many(kHold);
    std::vector<tcp::socket> posts = co_await hold_many(kPost);
    EXPECT_TRUE(co_await eventually([&] { return held_ == 2 * kMany; }));
    const auto other = co_await fetch("/echo");
    EXPECT_EQ(text_of(other), "GET /echo - ");
    posts.clear();
    EXPECT_TRUE(co_await eventually([&] { return held_ == kMany; }));
    // A reset connection is one that ended, too.
    for (tcp::socket& socket : gets) {
      socket.set_option(asio::socket_base::linger(true, 0));
      socket.close();
    }
    EXPECT_TRUE(co_await eventually([&] { return held_ == 0; }));
  });
}

TEST_F(HeldRequestsTest, HundredsEndWithTheServer) {
  serve_holding();
  run([&]() -> asio::awaitable<void> {
    std::vector<tcp::socket> sockets = co_await hold_many(kHold);
    EXPECT_TRUE(co_await eventually([&] { return held_ == kMany; }));
    co_await server_->stop(10ms);
    EXPECT_EQ(held_, 0);
  });
}

TEST_F(ServerLimitsTest, WhatPreventsListeningIsNamed) {
  serve();
  const auto message_with = [this](ServerOptions options) {
    HttpServer server(io_.get_executor(), std::move(options),
                      [](ServerRequest) -> asio::awaitable<ServerResponse> { co_return ServerResponse(); });
    return message_of(server.start());
  };
  const std::string port = std::to_string(server_->port());
  ServerOptions taken;
  taken.address = "127.0.0.1";
  taken.port = server_->port();
  EXPECT_EQ(message_with(taken), "cannot listen on 127.0.0.1:" + port + ": Address already in use");
  ServerOptions named;
  named.address = "localhost";
  EXPECT_EQ(message_with(named), "");
  named.address = "";
  EXPECT_EQ(message_with(named), "");
  named.address = "no.such.host.invalid";
  EXPECT_THAT(message_with(named), StartsWith("cannot listen on no.such.host.invalid:0: Host not found"));
  ServerOptions secure;
  secure.tls_certificate = "no certificate";
  EXPECT_THAT(message_with(secure), StartsWith("cannot listen on 0.0.0.0:0: bad certificate or key: "));
}

}  // namespace
}  // namespace kubevitals::net
