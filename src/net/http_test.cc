// Client and server against each other over real sockets on loopback.
#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <optional>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

using namespace std::chrono_literals;
using asio::use_awaitable;

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Pieces of a given size; counts what was asked for; may fail or wait for ever at the end.
class PiecesBody final : public BodySource {
 public:
  enum class End { kProper, kError, kNever };
  PiecesBody(std::size_t pieces, std::size_t size, End end, std::size_t* produced, bool* cancelled = nullptr)
      : pieces_(pieces), size_(size), end_(end), produced_(produced), cancelled_(cancelled) {}

  asio::awaitable<Result<std::vector<BodyChunk>>> next() override {
    std::vector<BodyChunk> chunks;
    if (pieces_ > 0) {
      --pieces_;
      *produced_ += size_;
      chunks.push_back(BodyChunk::of(std::string(size_, 'x')));
      co_return chunks;
    }
    if (end_ == End::kError) co_return Error{ErrorCode::kInternal, "broken off"};
    if (end_ == End::kNever) {
      co_await asio::this_coro::throw_if_cancelled(false);
      asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
      boost::system::error_code error;
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
      if (cancelled_ != nullptr) *cancelled_ = true;
    }
    co_return chunks;
  }

 private:
  std::size_t pieces_;
  std::size_t size_;
  End end_;
  std::size_t* produced_;
  bool* cancelled_;
};

template <typename T>
std::optional<ErrorCode> failure_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

class Http : public testing::Test {
 protected:
  // What the server answers, by path.
  asio::awaitable<ServerResponse> handle(ServerRequest request) {
    ++requests_;
    if (request.path == "/echo") {
      std::string text = request.method + " " + request.path + " " +
                         std::string(request.parameter("a").value_or("-")) + " " + request.body;
      co_return ServerResponse::text(200, std::move(text));
    }
    if (request.path == "/gzip") {
      ServerResponse response = ServerResponse::text(200, gzip(std::string(100'000, 'z')));
      response.headers.set("Content-Encoding", "gzip");
      co_return response;
    }
    if (request.path == "/abort") {
      ServerResponse response;
      response.abort = true;
      co_return response;
    }
    if (request.path == "/throw") throw std::runtime_error("handler failed");
    if (request.path == "/redirect") {
      ServerResponse response = ServerResponse::text(302, "elsewhere");
      response.headers.set("Location", "/echo?a=there");
      co_return response;
    }
    if (request.path == "/hang") {
      asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
      boost::system::error_code error;
      co_await asio::this_coro::throw_if_cancelled(false);
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
      handler_cancelled_ = true;
    }
    ServerResponse response;
    if (request.path == "/big") response.body = body(800, 64 << 10, PiecesBody::End::kProper);
    if (request.path == "/truncated") response.body = body(3, 1000, PiecesBody::End::kError);
    if (request.path == "/watch") response.body = body(1, 10, PiecesBody::End::kNever);
    co_return response;
  }

  std::unique_ptr<BodySource> body(std::size_t pieces, std::size_t size, PiecesBody::End end) {
    return std::make_unique<PiecesBody>(pieces, size, end, &produced_, &body_cancelled_);
  }

  void serve(ServerOptions options = {}) {
    options.address = "127.0.0.1";
    server_ =
        std::make_unique<HttpServer>(io_.get_executor(), std::move(options),
                                     [this](ServerRequest request) { return handle(std::move(request)); });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  HttpRequest get(const std::string& path, const std::string& scheme = "http") const {
    HttpRequest request;
    request.url = scheme + "://127.0.0.1:" + std::to_string(server_->port()) + path;
    return request;
  }

  // Runs a coroutine to its end, on the one thread that everything here runs on.
  void run(std::function<asio::awaitable<void>()> body) {
    bool finished = false;
    std::exception_ptr failure;
    asio::co_spawn(io_, body(), [&](std::exception_ptr exception) {
      failure = exception;
      finished = true;
      io_.stop();
    });
    io_.restart();
    io_.run_for(20s);
    if (failure) std::rethrow_exception(failure);
    ASSERT_TRUE(finished) << "the test hangs";
  }

  asio::awaitable<void> pause(std::chrono::milliseconds duration) {
    asio::steady_timer timer(io_, duration);
    co_await timer.async_wait(use_awaitable);
  }

  void TearDown() override {
    client_.reset();
    if (server_) {
      run([this]() -> asio::awaitable<void> { co_await server_->stop(100ms); });
    }
    server_.reset();
    io_.restart();
    io_.run_for(50ms);
  }

  HttpClient& client(TransportOptions options = {}) {
    client_ = std::make_unique<HttpClient>(io_.get_executor(), std::move(options));
    return *client_;
  }

  asio::io_context io_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
  int requests_ = 0;
  std::size_t produced_ = 0;
  bool body_cancelled_ = false;
  bool handler_cancelled_ = false;
};

TEST_F(Http, RequestAndResponse) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/echo?a=b%20c");
    request.method = "POST";
    request.body = "hello";
    const auto response = co_await http.send(std::move(request));
    EXPECT_TRUE(response);
    if (!response) co_return;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /echo b c hello");
    EXPECT_EQ(response->headers.find("content-type"), "text/plain; charset=utf-8");
  });
}

TEST_F(Http, HeadHasTheLengthButNoBody) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/echo");
    request.method = "HEAD";
    const auto response = co_await http.send(std::move(request));
    EXPECT_TRUE(response);
    if (!response) co_return;
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(response->headers.find("Content-Length"), "13");
  });
}

TEST_F(Http, CompressedBodiesAreDecoded) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await http.send(get("/gzip"));
    EXPECT_TRUE(response && response->body == std::string(100'000, 'z'));
  });
}

TEST_F(Http, RedirectsAreFollowedOnRequest) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/redirect");
    const auto first = co_await http.send(request);
    EXPECT_EQ(first->status, 302);
    request.follow_redirects = true;
    const auto second = co_await http.send(request);
    EXPECT_EQ(second->status, 200);
    EXPECT_EQ(second->body, "GET /echo there ");
  });
}

TEST_F(Http, AReaderThatStopsReadingHoldsTheServerBack) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    auto stream = co_await http.open(get("/big"));
    EXPECT_TRUE(stream);
    if (!stream) co_return;
    std::size_t read = 0;
    const auto first = co_await (*stream)->read_some(1s);
    read += first->size();
    co_await pause(300ms);
    const std::size_t held = produced_;
    EXPECT_LT(held, std::size_t{30} << 20);
    while (true) {
      const auto bytes = co_await (*stream)->read_some(5s);
      EXPECT_TRUE(bytes);
      if (!bytes || bytes->empty()) break;
      read += bytes->size();
    }
    EXPECT_EQ(read, std::size_t{800} << 16);
    EXPECT_GE((*stream)->wire_bytes(), read);
  });
}

TEST_F(Http, ABodyThatBreaksOffIsNeverAProperEnd) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await http.send(get("/truncated"));
    EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable);
    const auto aborted = co_await http.send(get("/abort"));
    EXPECT_FALSE(aborted);
    const auto later = co_await http.send(get("/echo"));
    EXPECT_TRUE(later);
  });
}

TEST_F(Http, AHandlerThatThrowsIsA500) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await http.send(get("/throw"));
    EXPECT_TRUE(response && response->status == 500);
  });
}

TEST_F(Http, TimeOutsAndCancellation) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/hang");
    request.timeout = 100ms;
    const auto response = co_await http.send(std::move(request));
    EXPECT_EQ(failure_of(response), ErrorCode::kTimeout);

    auto stream = co_await http.open(get("/watch"));
    EXPECT_TRUE(stream);
    if (!stream) co_return;
    const auto first = co_await (*stream)->read_some(1s);
    EXPECT_EQ(first.value(), std::string(10, 'x'));
    const auto nothing = co_await (*stream)->read_some(50ms);
    EXPECT_EQ(failure_of(nothing), ErrorCode::kTimeout);
    const auto again = co_await (*stream)->read_some(50ms);
    EXPECT_FALSE(again) << "a time-out leaves the stream as it was";
    (*stream)->cancel();
    const auto cancelled = co_await (*stream)->read_some(1s);
    EXPECT_EQ(failure_of(cancelled), ErrorCode::kCancelled);
    co_await pause(100ms);
    EXPECT_TRUE(body_cancelled_) << "the server notices that the client went away";
    EXPECT_TRUE(handler_cancelled_);
  });
}

TEST_F(Http, CancellingTheCoroutineEndsTheRequest) {
  serve();
  HttpClient& http = client();
  std::optional<ErrorCode> outcome;
  asio::cancellation_signal signal;
  auto request = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto response = co_await http.send(get("/hang"));
    if (!response) outcome = response.error().code;
  };
  run([&]() -> asio::awaitable<void> {
    asio::co_spawn(io_, request(), asio::bind_cancellation_slot(signal.slot(), asio::detached));
    co_await pause(50ms);
    signal.emit(asio::cancellation_type::all);
    co_await pause(50ms);
  });
  EXPECT_EQ(outcome, ErrorCode::kCancelled);
}

TEST_F(Http, ClosingTheClientEndsItsStreams) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    auto stream = co_await client_->open(get("/watch"));
    client_.reset();
    while (true) {
      const auto bytes = co_await (*stream)->read_some(1s);
      if (bytes) continue;
      EXPECT_EQ(bytes.error().code, ErrorCode::kCancelled);
      break;
    }
  });
}

TEST_F(Http, WhatPreventsAResponseIsNamedWithoutCredentials) {
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request;
    request.url = "http://user:secret@127.0.0.1:1/path";
    const auto response = co_await http.send(std::move(request));
    EXPECT_FALSE(response);
    if (response) co_return;
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(response.error().message.find("cannot GET http://127.0.0.1:1/path"), std::string::npos);
    EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
    HttpRequest bad;
    bad.url = "ftp://127.0.0.1/";
    const auto refused = co_await http.send(std::move(bad));
    EXPECT_FALSE(refused);
  });
}

TEST_F(Http, TlsIsVerified) {
  const KeyPair pair = make_self_signed_certificate({"cluster.example"}).value();
  ServerOptions server;
  server.tls_certificate = pair.certificate;
  server.tls_key = pair.key;
  serve(server);
  run([&]() -> asio::awaitable<void> {
    HttpClient& untrusting = client();
    const auto refused = co_await untrusting.send(get("/echo", "https"));
    EXPECT_FALSE(refused);
  });
  TransportOptions options;
  options.ca_data = pair.certificate;
  run([&]() -> asio::awaitable<void> {
    HttpClient& trusting = client(options);
    const auto response = co_await trusting.send(get("/echo", "https"));
    EXPECT_TRUE(response) << response.error().message;
  });
  options.tls_server_name = "cluster.example";
  run([&]() -> asio::awaitable<void> {
    HttpClient& named = client(options);
    const auto response = co_await named.send(get("/echo", "https"));
    EXPECT_TRUE(response) << response.error().message;
  });
  options.tls_server_name = "other.example";
  run([&]() -> asio::awaitable<void> {
    HttpClient& misnamed = client(options);
    const auto response = co_await misnamed.send(get("/echo", "https"));
    EXPECT_FALSE(response);
  });
  TransportOptions careless;
  careless.insecure_skip_verify = true;
  run([&]() -> asio::awaitable<void> {
    HttpClient& trusting = client(careless);
    const auto response = co_await trusting.send(get("/big", "https"));
    EXPECT_TRUE(response && response->body.size() == std::size_t{800} << 16);
  });
}

// A client that says exactly these bytes; what it gets until the connection ends.
asio::awaitable<std::string> say(std::uint16_t port, std::string bytes) {
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::make_address("127.0.0.1"), port}, use_awaitable);
  boost::system::error_code error;
  co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(use_awaitable, error));
  std::string got;
  co_await asio::async_read(socket, asio::dynamic_buffer(got), asio::redirect_error(use_awaitable, error));
  co_return got;
}

TEST_F(Http, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  run([&]() -> asio::awaitable<void> {
    std::string bytes =
        "GET /echo?a=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /echo?a=2 HTTP/1.1\r\nHost: x\r\nConnection: "
        "close\r\n\r\n";
    const std::string got = co_await say(server_->port(), std::move(bytes));
    const auto first = got.find("GET /echo 1");
    const auto second = got.find("GET /echo 2");
    EXPECT_NE(first, std::string::npos);
    EXPECT_NE(second, std::string::npos);
    EXPECT_LT(first, second);
  });
}

TEST_F(Http, BadRequestsAreRefused) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  options.max_header_bytes = 4000;
  serve(options);
  run([&]() -> asio::awaitable<void> {
    std::string long_header = "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'a') + "\r\n\r\n";
    std::string large_body = "POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'b');
    std::string garbage = std::string("\x01\x02\x03\xff garbage\r\n\r\n");
    const std::string first = co_await say(server_->port(), std::move(long_header));
    EXPECT_TRUE(first.starts_with("HTTP/1.1 431")) << first;
    const std::string second = co_await say(server_->port(), std::move(large_body));
    EXPECT_TRUE(second.starts_with("HTTP/1.1 413")) << second;
    const std::string third = co_await say(server_->port(), std::move(garbage));
    EXPECT_TRUE(third.starts_with("HTTP/1.1 400")) << third;
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(Http, OldClientsGetTheBodyUntilTheConnectionCloses) {
  serve();
  run([&]() -> asio::awaitable<void> {
    std::string request = "GET /big HTTP/1.0\r\n\r\n";
    const std::string got = co_await say(server_->port(), std::move(request));
    EXPECT_EQ(got.find("chunked"), std::string::npos);
    EXPECT_GT(got.size(), std::size_t{800} << 16);
  });
}

TEST_F(Http, AClientThatTakesNothingIsCutOffAndHoldsNobodyUp) {
  ServerOptions options;
  options.write_timeout = 200ms;
  serve(options);
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket slow(io_);
    co_await slow.async_connect({asio::ip::make_address("127.0.0.1"), server_->port()}, use_awaitable);
    const std::string request = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    co_await asio::async_write(slow, asio::buffer(request), use_awaitable);
    const auto other = co_await http.send(get("/echo"));
    EXPECT_TRUE(other);
    co_await pause(500ms);
    std::string got;
    boost::system::error_code error;
    co_await asio::async_read(slow, asio::dynamic_buffer(got), asio::redirect_error(use_awaitable, error));
    EXPECT_LT(got.size(), std::size_t{800} << 16);
  });
}

TEST_F(Http, StoppingEndsWhatIsUnderWay) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    auto stream = co_await http.open(get("/watch"));
    const auto first = co_await (*stream)->read_some(1s);
    EXPECT_TRUE(first);
    co_await server_->stop(50ms);
    const auto end = co_await (*stream)->read_some(1s);
    EXPECT_FALSE(end && !end->empty());
    const auto refused = co_await http.send(get("/echo"));
    EXPECT_FALSE(refused);
  });
}

TEST_F(Http, APortInUseIsNamed) {
  serve();
  ServerOptions options;
  options.address = "127.0.0.1";
  options.port = server_->port();
  HttpServer second(io_.get_executor(), options,
                    [](ServerRequest) -> asio::awaitable<ServerResponse> { co_return ServerResponse(); });
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("Address already in use"), std::string::npos);
}

}  // namespace
}  // namespace kubevitals::net
