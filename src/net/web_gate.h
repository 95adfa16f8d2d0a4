// What stands between a server's clients and its handler.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "net/rate_limiter.h"
#include "net/web_config_source.h"

namespace kubevitals::net {

// One for each server. Thread-safe.
class WebGate {
 public:
  explicit WebGate(std::shared_ptr<WebConfigSource> source) : source_(std::move(source)) {}

  // What is in force for the connection or request that begins now.
  std::shared_ptr<const WebState> current() const { return source_->current(); }

  // Nothing when the request may go on; otherwise the answer: 429 beyond the rate or with too many passwords
  // to check, 401 without a user's name and password. `authorization` is that header's value. When the
  // awaiting coroutine was cancelled, the answer is to break off.
  asio::awaitable<std::optional<ServerResponse>> admit(std::shared_ptr<const WebState> state,
                                                       std::optional<std::string> authorization,
                                                       std::string address);

  // Adds the configured headers that the response has not set itself.
  static void add_headers(const WebState& state, ServerResponse& response);

 private:
  const std::shared_ptr<WebConfigSource> source_;
  RateLimiter limiter_;
};

// Name and password of a "Basic" Authorization header.
struct BasicCredentials {
  std::string user;
  std::string password;
};
std::optional<BasicCredentials> parse_basic_authorization(std::string_view value);

}  // namespace kubevitals::net
