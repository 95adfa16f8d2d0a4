#include "net/http_server.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <ctime>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace kubevitals::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// What one gathering write takes; the kernel takes no more than this many pieces either.
constexpr std::size_t kMaxPieces = 64;
// A small body of known length goes out with its head, in one packet where it fits.
constexpr std::size_t kSmallBody = 16 << 10;

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, size);
}

ServerRequest to_request(http::request<http::string_body>&& message, const std::string& remote) {
  ServerRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  std::string_view path = request.target;
  if (path.starts_with("http://") || path.starts_with("https://")) {  // the absolute form, as sent to proxies
    const std::size_t slash = path.find('/', path.find("://") + 3);
    path = slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
  }
  const std::size_t query = path.find('?');
  if (query != std::string_view::npos) {
    request.query = decode_query(path.substr(query + 1));
    path = path.substr(0, query);
  }
  request.path = url_decode(path, false);
  for (const auto& field : message)
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  request.remote_address = remote;
  return request;
}

std::string head_of(const ServerResponse& response, unsigned version, bool keep_alive,
                    std::optional<std::uint64_t> length, bool chunked) {
  std::string head = version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  head.append(std::to_string(response.status)).append(" ");
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  head.append(reason.data(), reason.size()).append("\r\nDate: ").append(http_date()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    // A line break in a value would let it forge further fields.
    if (value.find_first_of("\r\n") != std::string::npos || name.find_first_of("\r\n: ") != std::string::npos)
      continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (length) head.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
  if (chunked) head.append("Transfer-Encoding: chunked\r\n");
  if (!keep_alive) head.append("Connection: close\r\n");
  if (keep_alive && version == 10) head.append("Connection: keep-alive\r\n");
  head.append("\r\n");
  return head;
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

// co_spawn hands a result over only if it can be made from nothing.
template <typename T>
asio::awaitable<std::optional<T>> as_optional(asio::awaitable<T> work) {
  co_return std::optional<T>(co_await std::move(work));
}

// The pieces of a body that were not written yet.
class Pieces {
 public:
  void add(std::string_view bytes) {
    if (!bytes.empty()) pieces_.push_back(asio::const_buffer(bytes.data(), bytes.size()));
  }
  bool empty() const { return first_ == pieces_.size(); }
  std::vector<asio::const_buffer> front() const {
    const auto begin = pieces_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto count = std::min(kMaxPieces, pieces_.size() - first_);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }
  void consume(std::size_t bytes) {
    while (bytes > 0) {
      asio::const_buffer& piece = pieces_[first_];
      const std::size_t taken = std::min(bytes, piece.size());
      piece += taken;
      bytes -= taken;
      if (piece.size() == 0) ++first_;
    }
  }

 private:
  std::vector<asio::const_buffer> pieces_;
  std::size_t first_ = 0;
};

}  // namespace

std::optional<std::string_view> ServerRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

ServerResponse ServerResponse::text(int status, std::string body, std::string content_type) {
  ServerResponse response;
  response.status = status;
  response.headers.set("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

namespace {

// One client. All of it runs on the strand of its stream.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const ServerOptions& options, const Handler& handler,
             asio::ssl::context* tls)
      : options_(options), handler_(handler) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    remote_ = socket.remote_endpoint(ignored).address().to_string();
    if (tls != nullptr) {
      secure_.emplace(beast::tcp_stream(std::move(socket)), *tls);
    } else {
      plain_.emplace(std::move(socket));
    }
  }

  auto executor() { return transport().get_executor(); }

  asio::awaitable<void> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (secure_) {
      error_code error;
      transport().expires_after(options_.read_timeout);
      co_await secure_->async_handshake(asio::ssl::stream_base::server,
                                        asio::redirect_error(use_awaitable, error));
      if (!error) co_await serve(*secure_);
    } else {
      co_await serve(*plain_);
    }
    close();
  }

  // Closes at once when between requests, otherwise after the one under way. From the strand.
  void finish_soon() {
    last_ = true;
    if (!busy_) close();
  }

  // Breaks off. From the strand.
  void close() {
    cancel_work_.emit(asio::cancellation_type::all);
    error_code ignored;
    transport().socket().close(ignored);
  }

 private:
  beast::tcp_stream& transport() { return secure_ ? beast::get_lowest_layer(*secure_) : *plain_; }

  template <typename Stream>
  asio::awaitable<void> serve(Stream& stream) {
    beast::flat_buffer buffer;
    bool keep_alive = true;
    while (keep_alive && !last_) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
      parser.body_limit(options_.max_body_bytes);
      error_code error;
      if (!co_await read_request(stream, buffer, parser, error)) {
        co_await refuse(stream, error);
        co_return;
      }
      busy_ = true;
      keep_alive = co_await answer(stream, buffer, parser);
      busy_ = false;
    }
    if (!aborted_) co_await say_goodbye(stream);
  }

  template <typename Stream, typename Parser>
  asio::awaitable<bool> read_request(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                     error_code& error) {
    if (buffer.size() == 0) {
      // Only waiting for the next request: that may take longer than a request itself.
      transport().expires_after(options_.idle_timeout);
      const auto space = buffer.prepare(4096);
      const std::size_t size =
          co_await stream.async_read_some(space, asio::redirect_error(use_awaitable, error));
      if (error) co_return false;
      buffer.commit(size);
    }
    transport().expires_after(options_.read_timeout);
    co_await http::async_read_header(stream, buffer, parser, asio::redirect_error(use_awaitable, error));
    if (error) co_return false;
    const auto expect = parser.get()[http::field::expect];
    if (beast::iequals(expect, "100-continue") && !parser.is_done()) {
      Pieces pieces;
      pieces.add("HTTP/1.1 100 Continue\r\n\r\n");
      if (!co_await write(stream, pieces)) co_return false;
    }
    if (!parser.is_done()) {
      co_await http::async_read(stream, buffer, parser, asio::redirect_error(use_awaitable, error));
    }
    co_return !error;
  }

  template <typename Stream>
  asio::awaitable<void> refuse(Stream& stream, error_code error) {
    int status = 0;
    if (error == http::error::header_limit) status = 431;
    if (error == http::error::body_limit) status = 413;
    if (status == 0 && error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      status = 400;
    }
    if (status == 0) co_return;
    ServerResponse response =
        ServerResponse::text(status, "the request cannot be read: " + error.message() + "\n");
    const std::string body = std::get<std::string>(response.body);
    const std::string head = head_of(response, 11, false, body.size(), false);
    Pieces pieces;
    pieces.add(head);
    pieces.add(body);
    if (co_await write(stream, pieces)) co_await say_goodbye(stream);
  }

  // True when the connection can be used for another request.
  template <typename Stream, typename Parser>
  asio::awaitable<bool> answer(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
    const unsigned version = parser.get().version();
    const bool keep_alive = parser.keep_alive() && !last_;
    ServerRequest request = to_request(parser.release(), remote_);
    const bool head_only = request.method == "HEAD";
    const std::string what = request.method + " " + request.target;
    if (buffer.size() == 0) watch_for_end();
    ServerResponse response = co_await handle(std::move(request), what);
    const bool whole =
        response.abort ? abort() : co_await respond(stream, response, version, keep_alive, head_only);
    stop_watching();
    co_return whole&& keep_alive && !gone_;
  }

  asio::awaitable<ServerResponse> handle(ServerRequest request, std::string what) {
    try {
      auto work = handler_(std::move(request));
      auto token = asio::bind_cancellation_slot(cancel_work_.slot(), use_awaitable);
      co_return co_await asio::co_spawn(executor(), std::move(work), std::move(token));
    } catch (const std::exception& exception) {
      if (!gone_) spdlog::error("cannot answer {}: {}", what, exception.what());
    }
    co_return ServerResponse::text(500, "internal error\n");
  }

  template <typename Stream>
  asio::awaitable<bool> respond(Stream& stream, ServerResponse& response, unsigned version, bool keep_alive,
                                bool head_only) {
    if (const auto* text = std::get_if<std::string>(&response.body)) {
      const bool body = has_body(response.status);
      const auto length = body ? std::optional<std::uint64_t>(text->size()) : std::nullopt;
      const std::string head = head_of(response, version, keep_alive, length, false);
      Pieces pieces;
      pieces.add(head);
      if (body && !head_only) pieces.add(*text);
      co_return co_await write(stream, pieces);
    }
    const auto source = std::move(std::get<std::unique_ptr<BodySource>>(response.body));
    const std::optional<std::uint64_t> length = source ? source->content_length() : 0;
    const bool chunked = !length && version >= 11;
    const bool delimited_by_close = !length && !chunked;
    const std::string head = head_of(response, version, keep_alive && !delimited_by_close, length, chunked);
    if (head_only || !source) {
      Pieces pieces;
      pieces.add(head);
      co_return co_await write(stream, pieces);
    }
    co_return co_await stream_body(stream, *source, head, length, chunked) && !delimited_by_close;
  }

  template <typename Stream>
  asio::awaitable<bool> stream_body(Stream& stream, BodySource& source, const std::string& head,
                                    std::optional<std::uint64_t> length, bool chunked) {
    std::uint64_t sent = 0;
    // The head waits for the first piece of the body only when that is sure to come at once.
    bool head_sent = false;
    if (!length || *length > kSmallBody) {
      Pieces pieces;
      pieces.add(head);
      if (!co_await write(stream, pieces)) co_return false;
      head_sent = true;
    }
    while (true) {
      const Result<std::vector<BodyChunk>> chunks = co_await next(source);
      if (!chunks) co_return abort();
      std::size_t size = 0;
      for (const BodyChunk& chunk : *chunks) size += chunk.bytes.size();
      Pieces pieces;
      if (!head_sent) pieces.add(head);
      head_sent = true;
      char size_line[32];
      if (chunked) {
        const int written = std::snprintf(size_line, sizeof size_line, "%zx\r\n", size);
        pieces.add(std::string_view(size_line, static_cast<std::size_t>(written)));
      }
      for (const BodyChunk& chunk : *chunks) pieces.add(chunk.bytes);
      if (chunked) pieces.add("\r\n");
      sent += size;
      if (!co_await write(stream, pieces)) co_return false;
      if (size == 0) break;
    }
    if (length && sent != *length) co_return abort();
    co_return true;
  }

  asio::awaitable<Result<std::vector<BodyChunk>>> next(BodySource& source) {
    try {
      auto work = as_optional(source.next());
      auto token = asio::bind_cancellation_slot(cancel_work_.slot(), use_awaitable);
      auto chunks = co_await asio::co_spawn(executor(), std::move(work), std::move(token));
      if (chunks) co_return std::move(*chunks);
    } catch (const std::exception& exception) {
      if (!gone_) spdlog::error("cannot produce a response: {}", exception.what());
    }
    co_return Error{ErrorCode::kInternal, "cannot produce the response"};
  }

  template <typename Stream>
  asio::awaitable<bool> write(Stream& stream, Pieces& pieces) {
    while (!pieces.empty()) {
      const auto buffers = pieces.front();
      transport().expires_after(options_.write_timeout);
      error_code error;
      const std::size_t size =
          co_await stream.async_write_some(buffers, asio::redirect_error(use_awaitable, error));
      if (error) {
        gone_ = true;
        co_return false;
      }
      pieces.consume(size);
    }
    transport().expires_never();
    co_return true;
  }

  // A client that goes away while its answer is being prepared ends the preparation.
  void watch_for_end() {
    watching_ = true;
    auto on_readable = [self = shared_from_this()](error_code error) {
      self->watching_ = false;
      if (error) return;
      char byte = 0;
      const auto size = ::recv(self->transport().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return;  // the next request
      self->gone_ = true;
      self->cancel_work_.emit(asio::cancellation_type::all);
    };
    transport().socket().async_wait(
        tcp::socket::wait_read, asio::bind_cancellation_slot(cancel_watch_.slot(), std::move(on_readable)));
  }
  void stop_watching() {
    if (watching_) cancel_watch_.emit(asio::cancellation_type::all);
  }

  // Resets the connection, so that the client cannot take what it got for a whole response.
  bool abort() {
    aborted_ = true;
    error_code ignored;
    transport().socket().set_option(asio::socket_base::linger(true, 0), ignored);
    return false;
  }

  template <typename Stream>
  asio::awaitable<void> say_goodbye(Stream& stream) {
    error_code ignored;
    transport().expires_after(std::chrono::seconds(1));
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      co_await stream.async_shutdown(asio::redirect_error(use_awaitable, ignored));
    } else {
      stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
    // Closing with unread input would reset the connection and could cost the client our last words.
    char sink[1024];
    std::size_t drained = 0;
    while (!ignored && drained < (std::size_t{1} << 20)) {
      const auto space = asio::buffer(sink);
      drained += co_await transport().async_read_some(space, asio::redirect_error(use_awaitable, ignored));
    }
  }

  const ServerOptions& options_;
  const Handler& handler_;
  std::string remote_;
  std::optional<beast::tcp_stream> plain_;
  std::optional<TlsStream> secure_;
  asio::cancellation_signal cancel_work_;
  asio::cancellation_signal cancel_watch_;
  bool watching_ = false;
  bool busy_ = false;
  bool last_ = false;
  bool gone_ = false;
  bool aborted_ = false;
};

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, ServerOptions options, Handler handler)
      : executor_(std::move(executor)),
        strand_(asio::make_strand(executor_)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        acceptor_(strand_),
        idle_(strand_) {}

  Result<void> start() {
    const std::string where = options_.address + ":" + std::to_string(options_.port);
    const auto fail = [&](const std::string& cause) {
      return Error{ErrorCode::kUnavailable, "cannot listen on " + where + ": " + cause};
    };
    if (!options_.tls_certificate.empty()) {
      try {
        tls_.emplace(asio::ssl::context::tls_server);
        tls_->use_certificate_chain(asio::buffer(options_.tls_certificate));
        tls_->use_private_key(asio::buffer(options_.tls_key), asio::ssl::context::pem);
      } catch (const boost::system::system_error& error) {
        return fail("bad certificate or key: " + error.code().message());
      }
    }
    error_code error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error) return fail("not an IP address");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6() && address.is_unspecified())
      acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(error.message());
    port_ = acceptor_.local_endpoint(error).port();
    asio::co_spawn(strand_, accept(shared_from_this()), asio::detached);
    return {};
  }

  std::uint16_t port() const { return port_; }

  asio::awaitable<void> stop(Milliseconds grace) {
    error_code ignored;
    stopping_ = true;
    acceptor_.close(ignored);
    for (const auto& connection : open_connections()) {
      asio::post(connection->executor(), [connection] { connection->finish_soon(); });
    }
    co_await wait_until_idle(grace);
    for (const auto& connection : open_connections()) {
      asio::post(connection->executor(), [connection] { connection->close(); });
    }
    co_await wait_until_idle(std::chrono::seconds(5));
  }

  // Without grace and without waiting; handlers under way are cancelled.
  void abandon() {
    asio::post(strand_, [self = shared_from_this()] {
      error_code ignored;
      self->stopping_ = true;
      self->acceptor_.close(ignored);
      for (const auto& connection : self->open_connections()) {
        asio::post(connection->executor(), [connection] { connection->close(); });
      }
    });
  }

  auto strand() const { return strand_; }

 private:
  static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!self->stopping_) {
      error_code error;
      auto strand = asio::make_strand(self->executor_);
      tcp::socket socket =
          co_await self->acceptor_.async_accept(strand, asio::redirect_error(use_awaitable, error));
      if (self->stopping_) co_return;
      if (error) {
        // Out of file descriptors, mostly: wait for some to come free.
        spdlog::warn("cannot accept a connection: {}", error.message());
        asio::steady_timer pause(self->strand_, std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(use_awaitable, error));
        continue;
      }
      if (self->connections_.size() >= self->options_.max_connections) continue;  // closes it
      self->add(std::move(socket));
    }
  }

  void add(tcp::socket socket) {
    auto connection =
        std::make_shared<Connection>(std::move(socket), options_, handler_, tls_ ? &*tls_ : nullptr);
    connections_.emplace(connection.get(), connection);
    asio::co_spawn(connection->executor(), serve(connection),
                   [self = shared_from_this(), key = connection.get()](const std::exception_ptr& exception) {
                     if (exception) spdlog::error("a connection ended with an unexpected error");
                     asio::post(self->strand_, [self, key] {
                       self->connections_.erase(key);
                       if (self->connections_.empty()) self->idle_.cancel();
                     });
                   });
  }

  static asio::awaitable<void> serve(std::shared_ptr<Connection> connection) { co_await connection->run(); }

  std::vector<std::shared_ptr<Connection>> open_connections() const {
    std::vector<std::shared_ptr<Connection>> open;
    for (const auto& [key, connection] : connections_) open.push_back(connection);
    return open;
  }

  asio::awaitable<void> wait_until_idle(Milliseconds limit) {
    if (connections_.empty()) co_return;
    idle_.expires_after(limit);
    error_code ignored;
    co_await idle_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }

  const asio::any_io_executor executor_;
  const asio::strand<asio::any_io_executor> strand_;
  const ServerOptions options_;
  const Handler handler_;
  std::optional<asio::ssl::context> tls_;
  std::uint16_t port_ = 0;

  // Used on the strand.
  tcp::acceptor acceptor_;
  asio::steady_timer idle_;
  bool stopping_ = false;
  std::map<const Connection*, std::shared_ptr<Connection>> connections_;
};

HttpServer::HttpServer(asio::any_io_executor executor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
  impl_->abandon();
}

Result<void> HttpServer::start() {
  return impl_->start();
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

asio::awaitable<void> HttpServer::stop(Milliseconds grace) {
  const auto impl = impl_;
  auto work = impl->stop(grace);
  co_await asio::co_spawn(impl->strand(), std::move(work), use_awaitable);
}

}  // namespace kubevitals::net
