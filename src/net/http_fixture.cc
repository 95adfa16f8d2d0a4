#include "net/http_fixture.h"

#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace kubevitals::net {
namespace {

using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;

asio::awaitable<void> wait_for_cancellation(bool* cancelled) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  co_await timer.async_wait(token);
  *cancelled = bool(error);
}

// Pieces of a given size; counts what was asked for, and ends as it is told.
class PiecesBody final : public BodySource {
 public:
  struct Counters {
    std::size_t* produced;
    int* alive;
    bool* cancelled;
  };

  PiecesBody(std::size_t pieces, std::size_t size, std::string end, Counters counters)
      : pieces_(pieces), size_(size), end_(std::move(end)), counters_(counters) {
    ++*counters_.alive;
  }
  ~PiecesBody() override { --*counters_.alive; }

  std::optional<std::uint64_t> content_length() const override {
    if (end_ == "short") return pieces_ * size_ + 1;
    if (end_ == "long") return pieces_ * size_ - 1;
    if (end_ == "known") return pieces_ * size_;
    return std::nullopt;
  }

  asio::awaitable<Result<std::vector<BodyChunk>>> next() override {
    std::vector<BodyChunk> chunks;
    if (pieces_ > 0) {
      --pieces_;
      *counters_.produced += size_;
      chunks.push_back(BodyChunk::of(std::string(size_ / 2, 'x')));
      chunks.push_back(BodyChunk::of(std::string(size_ - size_ / 2, 'x')));
      co_return chunks;
    }
    if (end_ == "error") co_return Error{ErrorCode::kInternal, "broken off"};
    if (end_ == "throw") throw std::runtime_error("broken off");
    if (end_ == "never") co_await wait_for_cancellation(counters_.cancelled);
    co_return chunks;
  }

 private:
  std::size_t pieces_;
  const std::size_t size_;
  const std::string end_;
  const Counters counters_;
};

ServerResponse compressed(std::string body) {
  ServerResponse response = ServerResponse::text(200, std::move(body));
  response.headers.set("Content-Encoding", "gzip");
  return response;
}

ServerResponse redirect(std::string location) {
  ServerResponse response = ServerResponse::text(302, "elsewhere");
  response.headers.set("Location", std::move(location));
  return response;
}

ServerResponse echo(const ServerRequest& request) {
  std::string text = request.method + " " + request.path + " ";
  text.append(request.parameter("a").value_or("-")).append(" ").append(request.body);
  return ServerResponse::text(200, std::move(text));
}

ServerResponse headers_of(const ServerRequest& request) {
  std::string text;
  for (const auto& [name, value] : request.headers) {
    text.append(name).append("=").append(value).append("\n");
  }
  return ServerResponse::text(200, std::move(text));
}

ServerResponse forged() {
  ServerResponse response = ServerResponse::text(200, "proper");
  response.headers.add("X-Good", "kept");
  response.headers.add("X-Bad", "a\r\nX-Forged: b");
  response.headers.add("X-Bad: a\r\nX-Forged", "b");
  response.headers.add("Content-Length", "7");
  return response;
}

// The answers that need neither time nor the fixture.
ServerResponse simple_answer(const ServerRequest& request) {
  if (request.path == "/echo") return echo(request);
  if (request.path == "/headers") return headers_of(request);
  if (request.path == "/forged") return forged();
  if (request.path == "/gzip-bad") return compressed("this is not compressed");
  if (request.path == "/gzip-bomb") return compressed(gzip(std::string(kBomb, '\0')));
  if (request.path == "/redirect") return redirect("/echo?a=there");
  if (request.path == "/loop") return redirect("/loop");
  if (request.path == "/throw") throw std::runtime_error("handler failed");
  if (request.path.starts_with("/gzip")) {
    const std::string packed = gzip(std::string(100'000, 'z'));
    return compressed(request.path == "/gzip-cut" ? packed.substr(0, packed.size() / 2) : packed);
  }
  ServerResponse response;
  response.abort = request.path == "/abort";
  if (request.path == "/empty") response.status = 204;
  return response;
}

}  // namespace

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

int status_of(const Result<HttpResponse>& response) {
  return response ? response->status : 0;
}

std::string text_of(const Result<HttpResponse>& response) {
  return response ? response->body : response.error().message;
}

asio::awaitable<ServerResponse> HttpFixture::handle(ServerRequest request) {
  ++requests_;
  ServerResponse response = simple_answer(request);
  if (request.path == "/hang") co_await wait_for_cancellation(&handler_cancelled_);
  if (request.path == "/wait") {
    error_code released;
    auto token = asio::redirect_error(use_awaitable, released);
    co_await released_.async_wait(token);
    response = ServerResponse::text(200, "released");
  }
  if (request.path == "/big") response.body = body(kBigPieces, kBigPiece, "proper");
  if (request.path == "/small") response.body = body(1, 10, "known");
  if (request.path == "/short") response.body = body(2, 20'000, "short");
  if (request.path == "/long") response.body = body(2, 20'000, "long");
  if (request.path == "/truncated") response.body = body(3, 1000, "error");
  if (request.path == "/broken") response.body = body(3, 1000, "throw");
  if (request.path == "/watch") response.body = body(1, 10, "never");
  co_return response;
}

std::unique_ptr<BodySource> HttpFixture::body(std::size_t pieces, std::size_t size, std::string end) {
  const PiecesBody::Counters counters{&produced_, &bodies_, &body_cancelled_};
  return std::make_unique<PiecesBody>(pieces, size, std::move(end), counters);
}

void HttpFixture::release() {
  released_.expires_at(asio::steady_timer::time_point::min());
}

void HttpFixture::serve(ServerOptions options) {
  options.address = "127.0.0.1";
  server_ =
      std::make_unique<HttpServer>(io_.get_executor(), std::move(options),
                                   [this](ServerRequest request) { return handle(std::move(request)); });
  const auto started = server_->start();
  ASSERT_TRUE(started) << started.error().message;
}

HttpRequest HttpFixture::get(std::string_view path, std::string_view scheme) const {
  return get_at(server_->port(), path, scheme);
}

HttpRequest HttpFixture::get_at(std::uint16_t port, std::string_view path, std::string_view scheme) {
  HttpRequest request;
  request.url = std::string(scheme).append("://127.0.0.1:").append(std::to_string(port)).append(path);
  return request;
}

HttpClient& HttpFixture::client(TransportOptions options) {
  client_ = std::make_unique<HttpClient>(io_.get_executor(), std::move(options));
  return *client_;
}

asio::awaitable<Result<HttpResponse>> HttpFixture::fetch(std::string_view path, std::string_view scheme) {
  return client_->send(get(path, scheme));
}

asio::awaitable<Result<HttpResponse>> HttpFixture::fetch_at(std::uint16_t port, std::string_view path,
                                                            std::string_view scheme) {
  return client_->send(get_at(port, path, scheme));
}

asio::awaitable<std::unique_ptr<HttpStream>> HttpFixture::open(std::string_view path) {
  HttpRequest request = get(path);
  auto stream = co_await client_->open(std::move(request));
  EXPECT_TRUE(stream) << message_of(stream);
  co_return stream ? *std::move(stream) : nullptr;
}

asio::awaitable<Received> HttpFixture::read_all(HttpStream& stream) {
  Received received;
  while (true) {
    const auto bytes = co_await stream.read_some(10s);
    received.failure = failure_of(bytes);
    if (!bytes || bytes->empty()) co_return received;
    received.body.append(*bytes);
  }
}

void HttpFixture::run(std::function<asio::awaitable<void>()> body) {
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

asio::awaitable<void> HttpFixture::pause(std::chrono::milliseconds duration) {
  asio::steady_timer timer(io_, duration);
  co_await timer.async_wait(use_awaitable);
}

asio::awaitable<bool> HttpFixture::eventually(std::function<bool()> condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) co_await pause(i < 100 ? 0ms : 5ms);
  co_return condition();
}

asio::awaitable<tcp::socket> HttpFixture::connect() {
  tcp::socket socket(io_);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server_->port());
  co_await socket.async_connect(endpoint, use_awaitable);
  co_return socket;
}

asio::awaitable<bool> HttpFixture::write(tcp::socket& socket, std::string_view bytes) {
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  const auto buffer = asio::buffer(bytes);
  co_await asio::async_write(socket, buffer, token);
  co_return !error;
}

asio::awaitable<std::string> HttpFixture::read_until(tcp::socket& socket, std::string_view mark) {
  std::string got;
  char byte = 0;
  const auto space = asio::buffer(&byte, 1);
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  // One by one, so that what follows stays in the socket.
  while (!got.ends_with(mark)) {
    co_await asio::async_read(socket, space, token);
    if (error) break;
    got.push_back(byte);
  }
  co_return got;
}

asio::awaitable<std::string> HttpFixture::read_to_end(tcp::socket& socket) {
  std::string got;
  auto buffer = asio::dynamic_buffer(got);
  error_code ended;
  auto token = asio::redirect_error(use_awaitable, ended);
  co_await asio::async_read(socket, buffer, token);
  co_return got;
}

asio::awaitable<std::string> HttpFixture::say(std::string_view bytes) {
  return converse(std::string(bytes));
}

asio::awaitable<std::string> HttpFixture::converse(std::string bytes) {
  tcp::socket socket = co_await connect();
  co_await write(socket, bytes);
  co_return co_await read_to_end(socket);
}

void HttpFixture::SetUp() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
}

void HttpFixture::TearDown() {
  client_.reset();
  if (server_) {
    run([this]() -> asio::awaitable<void> { co_await server_->stop(100ms); });
  }
  server_.reset();
  io_.restart();
  io_.run_for(50ms);
}

}  // namespace kubevitals::net
