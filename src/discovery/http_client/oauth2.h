// OAuth 2 tokens by the client credentials grant (RFC 6749 section 4.4).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "discovery/http_client/proxy.h"
#include "net/http_client.h"

namespace kubevitals::discovery {

struct OAuth2Token {
  std::string authorization;  // "Bearer <token>"
  // Counted from when the answer came; nothing: it does not expire.
  std::optional<std::chrono::seconds> lifetime;
};

// Takes a token endpoint's answer apart (RFC 6749 section 5.1), in JSON or, with the content type of a form,
// as one. kInvalid with the cause; nothing of a token gets into a message.
Result<OAuth2Token> parse_token_response(std::string_view content_type, std::string_view body);

// Fetches a token when there is none and keeps it until shortly before it expires, or the client's secret
// changed. Thread-safe; outlives the coroutines.
class TokenSource final {
 public:
  // Fails as make_transport_options().
  static Result<std::unique_ptr<TokenSource>> make(const OAuth2Options& options,
                                                   const DiscovererContext& context);

  // The value of an Authorization field. kUnauthorized when there is no token, kCancelled when the coroutine
  // was cancelled. Zero as time-out means none.
  asio::awaitable<Result<std::string>> authorization(std::chrono::milliseconds timeout);

  // A server would not have this one: the next call fetches another.
  void forget(const std::string& authorization);

 private:
  // How the client says who it is: the authorization field is tried first, as Go's clients do.
  enum class Style { kUnknown, kHeader, kParameters };

  struct Cached {
    std::string secret;
    std::string authorization;
    std::optional<SteadyTime> expires;
  };

  TokenSource(const OAuth2Options& options, const DiscovererContext& context,
              net::TransportOptions transport);

  std::optional<std::string> cached(const std::string& secret);
  Result<net::HttpRequest> make_request(const std::string& secret, Style style) const;
  asio::awaitable<Result<std::string>> fetch(std::string secret, std::chrono::milliseconds timeout);
  // The outer Result: whether the endpoint answered at all.
  asio::awaitable<Result<Result<OAuth2Token>>> ask(net::HttpRequest request);

  const OAuth2Options options_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  const ProxyChoice proxies_;
  net::HttpClient http_;

  Mutex mutex_;
  std::optional<Cached> cached_ GUARDED_BY(mutex_);
  Style style_ GUARDED_BY(mutex_) = Style::kUnknown;
};

}  // namespace kubevitals::discovery
