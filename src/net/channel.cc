#include "net/channel.h"

#include <linux/sockios.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace kubevitals::net {
namespace {

using asio::use_awaitable;
using boost::system::error_code;

constexpr std::size_t kReadSize = 8 << 10;
constexpr std::size_t kRecordSize = 16 << 10;  // the most that one TLS record holds

// Less than this is the kernel of a client that does not read, making room in its own buffers.
constexpr int kLeastProgress = 256 << 10;

}  // namespace

Channel::Channel(const Strand& strand, asio::ip::tcp::socket socket, asio::ssl::context* tls,
                 std::chrono::milliseconds tick)
    : tick_(tick), timer_(strand) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  remote_ = socket.remote_endpoint(ignored).address().to_string();
  if (tls == nullptr) {
    plain_.emplace(std::move(socket));
    return;
  }
  secure_.emplace(std::move(socket), *tls);
  staging_ = std::make_unique<char[]>(kRecordSize);
}

asio::awaitable<bool> Channel::handshake() {
  if (!secure_) co_return true;
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  co_await secure_->async_handshake(asio::ssl::stream_base::server, token);
  if (error) spdlog::debug("cannot begin TLS with {}: {}", remote_, error.message());
  if (!error) client_certificate_ = ClientCertificate::of(secure_->native_handle());
  co_return !error;
}

asio::awaitable<bool> Channel::read(std::string& out) {
  char bytes[kReadSize];
  const auto space = asio::buffer(bytes);
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  std::size_t size = 0;
  if (secure_) {
    size = co_await secure_->async_read_some(space, token);
  } else {
    size = co_await plain_->async_read_some(space, token);
  }
  out.append(bytes, size);
  co_return !error;
}

asio::awaitable<std::size_t> Channel::write_secure(Pieces& pieces, error_code& error) {
  std::string_view bytes = pieces.first();
  if (bytes.size() < kRecordSize) bytes = {staging_.get(), pieces.copy_to(staging_.get(), kRecordSize)};
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  auto token = asio::redirect_error(use_awaitable, error);
  co_return co_await secure_->async_write_some(buffer, token);
}

asio::awaitable<bool> Channel::write(Pieces& pieces, std::chrono::milliseconds timeout) {
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  while (!pieces.empty() && !error) {
    unacknowledged_ = unacknowledged();
    set_limit(Limit::kProgress, timeout);
    std::size_t size = 0;
    if (secure_) {
      size = co_await write_secure(pieces, error);
    } else {
      const BufferSpan buffers = pieces.front();
      size = co_await plain_->async_write_some(buffers, token);
    }
    pieces.consume(size);
  }
  no_limit();
  co_return !error;
}

asio::awaitable<void> Channel::shut_down() {
  error_code ignored;
  auto token = asio::redirect_error(use_awaitable, ignored);
  if (secure_) co_await secure_->async_shutdown(token);
  socket().shutdown(Socket::shutdown_send, ignored);
}

void Channel::close() {
  error_code ignored;
  timer_.cancel();
  socket().close(ignored);
}

void Channel::abort() {
  error_code ignored;
  socket().set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Channel::limit(std::chrono::milliseconds timeout) {
  set_limit(Limit::kTime, timeout);
}

void Channel::no_limit() {
  limit_ = Limit::kNone;
}

void Channel::set_limit(Limit kind, std::chrono::milliseconds timeout) {
  limit_ = kind;
  timeout_ = timeout;
  deadline_ = std::chrono::steady_clock::now() + timeout;
  if (!ticking_ || deadline_ < timer_.expiry()) watch();
}

void Channel::watch() {
  ticking_ = true;
  auto next = std::chrono::steady_clock::now() + tick_;
  if (limit_ != Limit::kNone) next = std::min(next, deadline_);
  timer_.expires_at(next);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->on_tick();
  });
}

void Channel::on_tick() {
  if (!is_open()) return;
  if (limit_ != Limit::kNone && std::chrono::steady_clock::now() >= deadline_) {
    // The kernel may be full and yet the client have taken some bytes.
    const int left = unacknowledged();
    if (limit_ == Limit::kTime) return close();
    const bool progress = left <= unacknowledged_ - kLeastProgress || left < unacknowledged_ / 2;
    // What it did not take should not stay in the kernel for minutes.
    if (!progress) return abort();
    unacknowledged_ = left;
    deadline_ += timeout_;
  }
  watch();
}

int Channel::unacknowledged() {
  int bytes = 0;
  if (::ioctl(socket().native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
  return bytes;
}

}  // namespace kubevitals::net
