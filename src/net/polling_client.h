// An HTTP/1.1 client for very many servers that are asked the same again and again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/client_tls.h"
#include "net/file_state.h"
#include "net/http_client.h"

namespace kubevitals::net {

struct PollRequest {
  std::string_view method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // of the whole exchange
};

struct PollAnswer {
  int status = 0;
  std::string body;
};

// Where HttpClient has everything, this one is small: all connections share a TLS context, and one that waits
// for its next use takes a few KiB. A connection is kept for each URL until it was not used for some minutes.
// There are no proxies, no redirects, no compression and no HTTP/2. Files with certificates are read again
// for new connections when they have changed; what cannot be read then leaves the last ones in use.
//
// Concurrency: used from one strand (or thread), on which the awaiting coroutines run. Cancelling an awaiting
// coroutine ends its exchange. All exchanges have ended before it is destroyed.
class PollingClient {
 public:
  // Bytes behind a body that its reader may have for padding without moving it.
  static constexpr std::size_t kSpare = 64;

  PollingClient(Clock& clock, TransportOptions options);
  ~PollingClient();
  PollingClient(const PollingClient&) = delete;
  PollingClient& operator=(const PollingClient&) = delete;

  // The answer, whatever its status; its body at most `max_body` bytes (kInvalid beyond). Otherwise
  // kTimeout, kUnavailable (refused, reset, TLS, name), kInvalid (URL, headers, certificates, no HTTP),
  // kCancelled, with the cause alone. A kept connection that turns out to be closed is replaced by a new one.
  asio::awaitable<Result<PollAnswer>> ask(PollRequest request, std::size_t max_body = 64 << 20);

  // That wait for their next use.
  std::size_t kept_connections() const;

 private:
  struct Connection;
  struct Server;
  struct Progress;
  using ConnectionPtr = std::shared_ptr<Connection>;  // its timer looks at it as well

  Result<Server*> server_of(const std::string& url);
  Result<std::shared_ptr<const ClientTls>> tls();
  void forget_unused();

  asio::awaitable<Result<PollAnswer>> exchange(Server& server, std::string_view text, std::size_t max_body,
                                               SteadyTime deadline, Progress& progress);
  asio::awaitable<Result<ConnectionPtr>> connection_to(Server& server, SteadyTime deadline);
  asio::awaitable<Result<ConnectionPtr>> connect(Server& server);
  asio::awaitable<Result<PollAnswer>> converse(Connection& connection, std::string_view text,
                                               std::size_t max_body, Progress& progress);

  Clock& clock_;
  const TransportOptions options_;
  std::unordered_map<std::string, std::unique_ptr<Server>> servers_;  // by URL
  SteadyTime last_look_;                                              // for unused ones
  std::vector<FileState> files_;                                      // that tls_ was made of
  std::shared_ptr<const ClientTls> tls_;
  std::vector<char> input_;  // what was read last, until it was taken; no coroutine is awaited meanwhile
};

}  // namespace kubevitals::net
