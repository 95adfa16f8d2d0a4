// Bytes to a server over TCP that says nothing itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace kubevitals::net {

// Lives on the executor of the coroutines that use it, one at a time. Errors are kUnavailable, and kCancelled
// when the coroutine was cancelled; after one the connection is closed. Messages name the server.
class TcpSender {
 public:
  TcpSender(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

  // A new connection; one that exists is closed.
  asio::awaitable<Result<void>> connect();

  asio::awaitable<Result<void>> write(std::string_view bytes);

  // Ends the connection: says that nothing more will come, and waits until the server has closed it too,
  // which it does when it has read everything. A server that takes longer than `patience` over that counts as
  // one that has. What the server sends is thrown away.
  asio::awaitable<Result<void>> finish(Clock& clock, std::chrono::milliseconds patience);

  void close();

 private:
  Error failure(std::string_view verb, const boost::system::error_code& cause) const;
  asio::awaitable<boost::system::error_code> drain();

  const std::string host_;
  const std::string port_;
  std::optional<asio::ip::tcp::socket> socket_;
};

}  // namespace kubevitals::net
