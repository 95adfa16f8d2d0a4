// Names to addresses.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace kubevitals::net {

// The addresses of a host, from the system's resolver, which works on a thread of Asio's. `port` is a number.
// kUnavailable with the cause alone; kCancelled at once when the awaiting coroutine is cancelled, though the
// resolver may still be busy.
template <typename Protocol>
asio::awaitable<Result<typename Protocol::resolver::results_type>> resolve(std::string host,
                                                                           std::string port);

extern template asio::awaitable<Result<asio::ip::tcp::resolver::results_type>> resolve<asio::ip::tcp>(
    std::string host, std::string port);
extern template asio::awaitable<Result<asio::ip::udp::resolver::results_type>> resolve<asio::ip::udp>(
    std::string host, std::string port);

}  // namespace kubevitals::net
