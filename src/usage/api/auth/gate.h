// Who may ask.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "base/clock.h"
#include "net/http_server.h"

namespace kubevitals::usage {

class Gate {
 public:
  virtual ~Gate() = default;

  // Nothing when the request may be answered; otherwise what is said instead. `request` outlives the call.
  // Thread-safe.
  virtual asio::awaitable<std::optional<net::ServerResponse>> refuse(const net::ServerRequest& request) = 0;
};

}  // namespace kubevitals::usage
