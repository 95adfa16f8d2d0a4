#include "net/udp_sender.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/resolve.h"

namespace kubevitals::net {

using boost::system::error_code;

asio::awaitable<Result<void>> UdpSender::open() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (socket_) co_return Result<void>();
  auto resolving = resolve<asio::ip::udp>(host_, port_);
  const auto addresses = co_await std::move(resolving);
  if (!addresses) co_return addresses.error().wrap("cannot resolve " + host_);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  socket_.emplace(executor);
  error_code error;
  asio::connect(*socket_, *addresses, error);  // only notes the address
  if (!error) socket_->non_blocking(true, error);
  if (!error) co_return Result<void>();
  const Error failed = failure("open a socket for", error);
  close();
  co_return failed;
}

asio::awaitable<Result<void>> UdpSender::send(std::string_view datagram) {
  co_await asio::this_coro::throw_if_cancelled(false);
  error_code error = asio::error::not_connected;
  if (socket_) {
    const auto buffer = asio::buffer(datagram);
    error = {};
    // Nearly always there is room, and no need to wait.
    socket_->send(buffer, 0, error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      error = {};
      auto token = asio::redirect_error(asio::use_awaitable, error);
      co_await socket_->async_send(buffer, token);
    }
  }
  if (!error) co_return Result<void>();
  const Error failed = failure("send to", error);
  close();
  co_return failed;
}

Result<void> UdpSender::check() {
  int cause = 0;
  socklen_t size = sizeof(cause);
  if (!socket_ || ::getsockopt(socket_->native_handle(), SOL_SOCKET, SO_ERROR, &cause, &size) != 0 ||
      cause == 0) {
    return Result<void>();
  }
  const Error failed = failure("send to", error_code(cause, boost::system::system_category()));
  close();
  return failed;
}

Error UdpSender::failure(std::string_view verb, const error_code& cause) const {
  ErrorCode code = ErrorCode::kUnavailable;
  if (cause == asio::error::operation_aborted) code = ErrorCode::kCancelled;
  if (cause == asio::error::message_size) code = ErrorCode::kInvalid;
  return Error{
      code,
      std::string("cannot ").append(verb).append(" ").append(host_).append(":").append(port_).append(": ") +
          cause.message()};
}

}  // namespace kubevitals::net
