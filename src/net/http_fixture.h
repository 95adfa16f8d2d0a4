// Client and server against each other over real sockets on loopback, all on one thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_peers.h"

namespace kubevitals::net {

using namespace std::chrono_literals;

// More than the buffers of two sockets: 52 MB.
inline constexpr std::size_t kBigPieces = 800;
inline constexpr std::size_t kBigPiece = 64 << 10;
inline constexpr std::size_t kBig = kBigPieces * kBigPiece;

// What a few KB of gzip become.
inline constexpr std::size_t kBomb = 4'000'000;

std::string gzip(const std::string& text);

template <typename T>
std::optional<ErrorCode> failure_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

template <typename T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}

// Zero without an answer.
int status_of(const Result<HttpResponse>& response);

// The body, or why there is none.
std::string text_of(const Result<HttpResponse>& response);

struct Received {
  std::string body;
  std::optional<ErrorCode> failure;  // when it had no proper end
};

class HttpFixture : public testing::Test {
 protected:
  // What the server answers, by path:
  //   /echo        method, path, parameter a and body       /headers     the request's headers
  //   /gzip        100,000 bytes, compressed                /gzip-cut    the first half of that
  //   /gzip-bomb   4 MB in 4 KB                             /gzip-bad    no gzip at all, though it says so
  //   /big         52 MB in pieces                          /small       a stream of 10 bytes of known length
  //   /truncated   3,000 bytes, then a failure              /short       less than its Content-Length
  //   /broken      the same, with an exception              /long        more than its Content-Length
  //   /watch       10 bytes, then nothing                   /hang        nothing
  //   /abort       a broken connection                      /throw       an exception
  //   /redirect    to /echo?a=there                         /loop        to itself
  //   /empty       status 204                               /forged      headers with line breaks in them
  //   /wait        "released", after release()              anything else is an empty answer
  asio::awaitable<ServerResponse> handle(ServerRequest request);
  // Lets the handlers of /wait end, now and from now on.
  void release();

  void serve(ServerOptions options = {});
  HttpRequest get(std::string_view path, std::string_view scheme = "http") const;
  static HttpRequest get_at(std::uint16_t port, std::string_view path, std::string_view scheme = "http");

  // Makes the client; what follows uses it.
  HttpClient& client(TransportOptions options = {});
  asio::awaitable<Result<HttpResponse>> fetch(std::string_view path, std::string_view scheme = "http");
  asio::awaitable<Result<HttpResponse>> fetch_at(std::uint16_t port, std::string_view path,
                                                 std::string_view scheme = "http");
  // Null, and the test failed, when there is no answer.
  asio::awaitable<std::unique_ptr<HttpStream>> open(std::string_view path);
  asio::awaitable<Received> read_all(HttpStream& stream);

  // Runs a coroutine to its end; the test fails when that takes 20 s.
  void run(std::function<asio::awaitable<void>()> body);
  asio::awaitable<void> pause(std::chrono::milliseconds duration);
  // Whether the condition came true within 10 s.
  asio::awaitable<bool> eventually(std::function<bool()> condition);

  // Raw connections to the server.
  asio::awaitable<asio::ip::tcp::socket> connect();
  // False when the connection is broken.
  static asio::awaitable<bool> write(asio::ip::tcp::socket& socket, std::string_view bytes);
  // What comes up to and including `mark`, or until the connection ends.
  static asio::awaitable<std::string> read_until(asio::ip::tcp::socket& socket, std::string_view mark);
  static asio::awaitable<std::string> read_to_end(asio::ip::tcp::socket& socket);
  // Sends these bytes; what comes back until the server ends the connection.
  asio::awaitable<std::string> say(std::string_view bytes);

  void SetUp() override;
  void TearDown() override;

  asio::io_context io_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
  int requests_ = 0;
  std::size_t produced_ = 0;  // bytes of streamed bodies
  int bodies_ = 0;            // streamed ones that exist
  bool body_cancelled_ = false;
  bool handler_cancelled_ = false;

 private:
  std::unique_ptr<BodySource> body(std::size_t pieces, std::size_t size, std::string end);
  asio::awaitable<std::string> converse(std::string bytes);

  asio::steady_timer released_{io_, asio::steady_timer::time_point::max()};
};

}  // namespace kubevitals::net
