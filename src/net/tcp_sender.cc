#include "net/tcp_sender.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/deadline.h"
#include "net/resolve.h"

namespace kubevitals::net {

using asio::use_awaitable;
using boost::system::error_code;

asio::awaitable<Result<void>> TcpSender::connect() {
  co_await asio::this_coro::throw_if_cancelled(false);
  close();
  auto resolving = resolve<asio::ip::tcp>(host_, port_);
  const auto addresses = co_await std::move(resolving);
  if (!addresses) co_return addresses.error().wrap("cannot resolve " + host_);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  socket_.emplace(executor);
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  co_await asio::async_connect(*socket_, *addresses, token);
  if (error) co_return failure("connect to", error);
  co_return Result<void>();
}

asio::awaitable<Result<void>> TcpSender::write(std::string_view bytes) {
  co_await asio::this_coro::throw_if_cancelled(false);
  error_code error = asio::error::not_connected;
  if (socket_) {
    error = {};
    const auto buffer = asio::buffer(bytes);
    auto token = asio::redirect_error(use_awaitable, error);
    co_await asio::async_write(*socket_, buffer, token);
  }
  if (!error) co_return Result<void>();
  const Error failed = failure("write to", error);
  close();
  co_return failed;
}

asio::awaitable<error_code> TcpSender::drain() {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::array<char, 1024> ignored{};
  const auto buffer = asio::buffer(ignored);
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  while (!error) {
    co_await socket_->async_read_some(buffer, token);
  }
  co_return error;
}

asio::awaitable<Result<void>> TcpSender::finish(Clock& clock, std::chrono::milliseconds patience) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  error_code error = asio::error::not_connected;
  if (socket_) {
    error = {};
    socket_->shutdown(asio::ip::tcp::socket::shutdown_send, error);
  }
  if (!error) {
    asio::awaitable<error_code> draining = drain();
    asio::awaitable<std::optional<error_code>> timed =
        finish_by(clock, clock.now() + patience, std::move(draining));
    const std::optional<error_code> ended = co_await std::move(timed);
    if (state.cancelled() != asio::cancellation_type::none) {
      error = asio::error::operation_aborted;
    } else if (ended && *ended != asio::error::eof) {
      error = *ended;
    }
  }
  if (!error) {
    close();
    co_return Result<void>();
  }
  const Error failed = failure("write all to", error);
  close();
  co_return failed;
}

void TcpSender::close() {
  error_code ignored;
  if (socket_) socket_->close(ignored);
  socket_.reset();
}

Error TcpSender::failure(std::string_view verb, const error_code& cause) const {
  const bool cancelled = cause == asio::error::operation_aborted;
  return Error{
      cancelled ? ErrorCode::kCancelled : ErrorCode::kUnavailable,
      std::string("cannot ").append(verb).append(" ").append(host_).append(":").append(port_).append(": ") +
          cause.message()};
}

}  // namespace kubevitals::net
