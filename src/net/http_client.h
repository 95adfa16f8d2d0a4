// HTTP client on libcurl's multi interface, driven by Asio.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_message.h"

namespace kubevitals::net {

enum class TlsVersion { kDefault, k10, k11, k12, k13 };

// How a server is reached and trusted. Files are read again when a new connection is made, so rotated
// certificates are taken up without a restart.
struct TransportOptions {
  std::string ca_file;           // PEM bundle; with neither file nor data the system's store is used
  std::string ca_data;           // PEM
  std::string certificate_file;  // client certificate, PEM
  std::string certificate_data;
  std::string key_file;
  std::string key_data;
  bool insecure_skip_verify = false;
  std::string tls_server_name;                        // verified and sent as SNI instead of the URL's host
  TlsVersion min_tls_version = TlsVersion::kDefault;  // the library's, which is 1.2
  TlsVersion max_tls_version = TlsVersion::kDefault;
  std::string proxy_url;    // empty: the environment's proxy variables
  Headers proxy_headers;    // sent to the proxy when it is asked for a tunnel
  std::string unix_socket;  // connect to this path instead of the URL's host
  bool http2 = true;        // offered by ALPN over TLS
  std::chrono::milliseconds connect_timeout{10'000};
  // How many unused connections are kept for later; 0: four for each request under way.
  std::uint32_t kept_connections = 0;
  std::string user_agent = "kubevitals";
  friend bool operator==(const TransportOptions&, const TransportOptions&) = default;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  bool compressed = true;  // offer gzip, and decode it
  bool follow_redirects = false;
  std::optional<std::string> proxy_url;  // instead of the client's; empty: no proxy
  // The whole exchange for send(), up to the response's head for open(); zero: no limit.
  std::chrono::milliseconds timeout{30'000};
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
  bool http2 = false;
  std::string effective_url;
};

// A response whose body is taken as it comes. Reading pulls: when the reader stops, the transfer is paused
// and the back-pressure goes into TCP; at most a few hundred KiB are held. Used from one coroutine at a time,
// on any executor. Destruction ends the transfer.
class HttpStream {
 public:
  virtual ~HttpStream() = default;

  virtual int status() const = 0;
  virtual const Headers& headers() const = 0;

  // The next bytes, at least one; an empty string at the proper end of the body. kUnavailable when the
  // connection broke, kTimeout when nothing came within `idle_timeout` (zero: wait for ever; the stream stays
  // usable after a time-out), kCancelled after cancel() or when the awaiting coroutine was cancelled.
  virtual asio::awaitable<Result<std::string>> read_some(std::chrono::milliseconds idle_timeout) = 0;

  // Ends the transfer; a pending read_some returns kCancelled. From any thread.
  virtual void cancel() = 0;

  // Bytes received on the wire so far for this response's body (before decompression).
  virtual std::uint64_t wire_bytes() const = 0;
};

// Makes requests; connections are kept and shared between requests with the same origin.
//
// Concurrency: all of libcurl runs on one strand of the executor given; every method may be called from any
// thread and executor, and a coroutine is resumed on its own executor. Cancelling the awaiting coroutine (its
// cancellation slot) ends the request. Destruction ends all requests with kCancelled.
class HttpClient {
 public:
  HttpClient(asio::any_io_executor executor, TransportOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The whole response, its body at most `max_body` bytes (kInvalid beyond). An HTTP error status is a
  // response, not an Error; the Error is for what prevented a response: kTimeout, kUnavailable (refused,
  // reset, DNS, TLS), kInvalid (URL), kCancelled. Its message names the URL (without credentials) and the
  // cause.
  asio::awaitable<Result<HttpResponse>> send(HttpRequest request, std::size_t max_body = 64 << 20);

  // The same, returning as soon as the head of the response is there.
  asio::awaitable<Result<std::unique_ptr<HttpStream>>> open(HttpRequest request);

  class Impl;  // in http_client.cc

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::net
