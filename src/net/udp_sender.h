// Datagrams to a server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace kubevitals::net {

// The most that a datagram over IPv4 holds.
inline constexpr std::size_t kMaxDatagram = 65'507;

// Lives on the executor of the coroutines that use it, one at a time. Errors are kUnavailable (nobody listens
// there, as far as the network tells), kInvalid (the datagram is too long), and kCancelled when the coroutine
// was cancelled; after one the name is resolved anew. Messages name the server.
class UdpSender {
 public:
  UdpSender(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

  // Opens the socket when there is none.
  asio::awaitable<Result<void>> open();

  // After open(). That nobody listened to the datagram before may be told with the next one. Waits while the
  // socket's buffer is full.
  asio::awaitable<Result<void>> send(std::string_view datagram);

  // What the network has told since the last datagram.
  Result<void> check();

  void close() { socket_.reset(); }

 private:
  Error failure(std::string_view verb, const boost::system::error_code& cause) const;

  const std::string host_;
  const std::string port_;
  std::optional<asio::ip::udp::socket> socket_;
};

}  // namespace kubevitals::net
