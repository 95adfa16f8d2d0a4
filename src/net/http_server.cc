#include "net/http_server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <unordered_map>
#include <utility>

#include "net/server_connection.h"

namespace kubevitals::net {
namespace {

using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;

// Handlers are told to end after the grace; one that does not listen delays stop() no longer than this.
constexpr std::chrono::seconds kLastGrace{5};

// After a failure that is likely to last, such as too many open files.
constexpr std::chrono::milliseconds kAcceptPause{100};

Result<std::shared_ptr<ServerTls>> make_tls(const ServerOptions& options) {
  ServerTlsOptions tls;
  tls.certificate = options.tls_certificate;
  tls.key = options.tls_key;
  tls.client_ca = options.client_ca;
  if (options.ask_for_client_certificate) tls.client_auth = ClientAuth::kRequest;
  if (!tls.client_ca.empty()) tls.client_auth = ClientAuth::kRequireAndVerify;
  return ServerTls::create(tls);
}

std::string show_endpoint(const ServerOptions& options) {
  const bool bare_v6 = options.address.find(':') != std::string::npos;
  const std::string host = bare_v6 ? "[" + options.address + "]" : options.address;
  return host + ":" + std::to_string(options.port);
}

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

std::optional<ServerResponse> redirect_to_clean_path(const ServerRequest& request) {
  const std::string clean = clean_path(request.path);
  if (clean == request.path) return std::nullopt;
  std::string location = encode_path(clean);
  if (const std::size_t query = request.target.find('?'); query != std::string::npos) {
    location.append(request.target, query);
  }
  ServerResponse response = ServerResponse::text(301, "Moved Permanently\n");
  response.headers.set("Location", std::move(location));
  return response;
}

// Accepts, and knows the connections. They hold the context and this, so that a server can be destroyed at
// any time.
class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, ServerOptions options, Handler handler)
      : executor_(executor),
        strand_(std::move(executor)),
        context_(std::make_shared<ServerContext>()),
        acceptor_(strand_),
        pause_(strand_),
        grace_(strand_) {
    context_->options = std::move(options);
    context_->handler = std::move(handler);
  }

  const Strand& strand() const { return strand_; }
  std::uint16_t port() const { return port_; }

  // Of a name the first IPv4 address, as Go's; no name is all addresses.
  asio::ip::address find_address(const std::string& name, error_code& error) {
    if (name.empty()) return asio::ip::address_v6::any();
    const auto address = asio::ip::make_address(name, error);
    if (!error) return address;
    const auto found = tcp::resolver(strand_).resolve(name, "", error);
    if (error) return address;
    const auto is_v4 = [](const auto& entry) { return entry.endpoint().address().is_v4(); };
    const auto first_v4 = std::find_if(found.begin(), found.end(), is_v4);
    return (first_v4 == found.end() ? found.begin() : first_v4)->endpoint().address();
  }

  Result<void> start() {
    const ServerOptions& options = context_->options;
    const auto fail = [&](ErrorCode code, const std::string& cause) {
      return Error{code, "cannot listen on " + show_endpoint(options) + ": " + cause};
    };
    if (options.web) {
      context_->gate = std::make_unique<WebGate>(options.web);
    } else if (!options.tls_certificate.empty()) {
      Result<std::shared_ptr<ServerTls>> tls = make_tls(options);
      if (!tls) return fail(ErrorCode::kInvalid, "bad certificate or key: " + tls.error().message);
      context_->tls = std::move(*tls);
    }
    error_code error;
    const auto address = find_address(options.address, error);
    if (error) return fail(ErrorCode::kInvalid, error.message());
    const tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6() && address.is_unspecified()) {
      acceptor_.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(ErrorCode::kUnavailable, error.message());
    port_ = acceptor_.local_endpoint(error).port();
    auto loop = accept(shared_from_this());
    asio::co_spawn(strand_, std::move(loop), asio::detached);
    return {};
  }

  // The rest runs on the strand.

  void stop(std::chrono::milliseconds grace, PendingPtr<bool> stopped) {
    stop_accepting();
    if (connections_.empty()) {
      stopped->complete(true);
      return;
    }
    stopped_.push_back(std::move(stopped));
    for_each([](ServerConnection& connection) { connection.finish_soon(); });
    grace_.expires_after(grace);
    grace_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->break_off();
    });
  }

  // Without grace and without waiting; handlers under way are cancelled.
  void abandon() {
    stop_accepting();
    for_each([](ServerConnection& connection) { connection.break_off(); });
  }

 private:
  void stop_accepting() {
    error_code ignored;
    stopping_ = true;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  void break_off() {
    for_each([](ServerConnection& connection) { connection.break_off(); });
    grace_.expires_after(kLastGrace);
    grace_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->finish_stop(false);
    });
  }

  void finish_stop(bool clean) {
    for (const auto& stopped : std::exchange(stopped_, {})) stopped->complete(clean);
  }

  static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
    co_await asio::this_coro::throw_if_cancelled(false);
    error_code error;
    auto token = asio::redirect_error(use_awaitable, error);
    while (!self->stopping_) {
      const Strand strand(self->executor_);
      tcp::socket socket = co_await self->acceptor_.async_accept(strand, token);
      if (self->stopping_) co_return;
      if (error) {
        spdlog::warn("cannot accept a connection: {}", error.message());
        self->pause_.expires_after(kAcceptPause);
        co_await self->pause_.async_wait(token);
        continue;
      }
      // One too many is closed by its destructor.
      if (self->connections_.size() < self->context_->options.max_connections) {
        self->add(strand, std::move(socket));
      }
    }
  }

  void add(const Strand& strand, tcp::socket socket) {
    const auto connection = std::make_shared<ServerConnection>(strand, std::move(socket), context_);
    const ServerConnection* key = connection.get();
    connections_.emplace(key, connection);
    auto on_end = [self = shared_from_this(), key](std::exception_ptr exception) {
      if (exception) spdlog::error("a connection ended with an unexpected exception");
      asio::post(self->strand_, [self, key] { self->forget(key); });
    };
    auto token = asio::bind_cancellation_slot(connection->cancellation_slot(), std::move(on_end));
    asio::co_spawn(strand, ServerConnection::run(connection), std::move(token));
  }

  void forget(const ServerConnection* key) {
    connections_.erase(key);
    if (!connections_.empty() || !stopping_) return;
    grace_.cancel();
    finish_stop(true);
  }

  void for_each(void (*action)(ServerConnection&)) {
    for (const auto& [key, connection] : connections_) {
      asio::post(connection->strand(), [connection = connection, action] { action(*connection); });
    }
  }

  const asio::any_io_executor executor_;
  const Strand strand_;
  const std::shared_ptr<ServerContext> context_;  // constant after start()
  std::uint16_t port_ = 0;                        // the same

  // Used on the strand.
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  asio::steady_timer grace_;
  bool stopping_ = false;
  std::vector<PendingPtr<bool>> stopped_;
  std::unordered_map<const ServerConnection*, std::shared_ptr<ServerConnection>> connections_;
};

HttpServer::HttpServer(asio::any_io_executor executor, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
  asio::post(impl_->strand(), [impl = impl_] { impl->abandon(); });
}

Result<void> HttpServer::start() {
  return impl_->start();
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

asio::awaitable<void> HttpServer::stop(std::chrono::milliseconds grace) {
  const auto impl = impl_;
  auto start = [impl, grace](PendingPtr<bool> stopped) { impl->stop(grace, std::move(stopped)); };
  const bool clean = co_await ask<bool>(impl->strand(), std::move(start));
  if (!clean) spdlog::warn("the HTTP server stopped while requests were under way");
}

}  // namespace kubevitals::net
