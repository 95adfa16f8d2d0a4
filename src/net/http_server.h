// HTTP/1.1 server on Beast: plain or TLS, keep-alive, limits and time-outs, bodies written as they are
// produced.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_message.h"

namespace kubevitals::net {

class ClientCertificate;
class WebConfigSource;

struct ServerRequest {
  std::string method;
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded
  QueryParameters query;
  Headers headers;
  std::string body;
  std::string remote_address;
  std::shared_ptr<const ClientCertificate> client_certificate;  // null: the client has shown none

  // The first query parameter of this name.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

// A run of bytes and what keeps it alive.
struct BodyChunk {
  std::shared_ptr<const void> owner;
  std::string_view bytes;

  static BodyChunk of(std::string text) {
    auto shared = std::make_shared<const std::string>(std::move(text));
    const std::string_view view = *shared;
    return BodyChunk{std::move(shared), view};
  }
};

// A body that is produced while it is sent. Used by one connection, one call at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;

  // The number of bytes to come in all, when known: sent as Content-Length; otherwise the body is chunked.
  virtual std::optional<std::uint64_t> content_length() const { return std::nullopt; }

  // The next bytes to write, any number of pieces (written with one gathering write); empty at the end.
  // An Error breaks the connection off at once, so that the client sees a truncated response.
  virtual asio::awaitable<Result<std::vector<BodyChunk>>> next() = 0;
};

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length, Transfer-Encoding, Connection and Date are the server's business
  std::variant<std::string, std::unique_ptr<BodySource>> body;
  // Breaks the connection off without sending anything: for simulated faults.
  bool abort = false;

  static ServerResponse text(int status, std::string body,
                             std::string content_type = "text/plain; charset=utf-8");
};

// Sends a client whose path has empty, "." or ".." segments to the clean one, as Go's ServeMux does; nothing
// for other requests. For handlers that are to act like the incumbents' servers.
std::optional<ServerResponse> redirect_to_clean_path(const ServerRequest& request);

struct ServerOptions {
  std::string address = "0.0.0.0";  // or a name; "::" and an empty text are all of both families
  std::uint16_t port = 0;           // 0: any free one, see HttpServer::port()
  std::string tls_certificate;      // PEM text; TLS when set
  std::string tls_key;              // PEM text
  std::string client_ca;            // PEM text; clients must show a certificate of this authority when set
  // Without `client_ca`: clients may show any certificate, and the handler judges it.
  bool ask_for_client_certificate = false;
  // Decides instead of the four above, when set: TLS, users, headers, limit of the rate. Taken up anew for
  // each connection (TLS) and request (the rest).
  std::shared_ptr<WebConfigSource> web;
  std::size_t max_header_bytes = 64 << 10;
  std::size_t max_body_bytes = 8 << 20;
  std::size_t max_connections = 4096;
  std::chrono::milliseconds read_timeout{60'000};   // from a request's first byte to its last
  std::chrono::milliseconds idle_timeout{300'000};  // between requests on a kept connection
  std::chrono::milliseconds write_timeout{60'000};  // without the client taking a single byte
};

// Answers one request. Runs on the connection's strand and has to come back to it; what takes long moves to
// another executor by itself. When the client goes away the coroutine is cancelled (its cancellation slot),
// and so is BodySource::next(); what they return after that is still sent, for a client that only closed its
// sending side.
using Handler = std::function<asio::awaitable<ServerResponse>(ServerRequest)>;

// HEAD requests are answered by the handler as GET ones and their body is dropped (Content-Length stays);
// methods are otherwise the handler's business. An exception in a handler is a 500 and a log line. Requests
// that the web configuration refuses do not reach the handler, and their bodies are not waited for.
//
// Concurrency: connections live on strands of the executor; a slow client delays nobody else.
class HttpServer {
 public:
  HttpServer(asio::any_io_executor executor, ServerOptions options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and starts to accept; "cannot listen on 0.0.0.0:8080: Address already in use".
  Result<void> start();

  // The port in use after start().
  std::uint16_t port() const;

  // Stops accepting, lets requests under way finish within `grace`, then closes what is left.
  asio::awaitable<void> stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::net
