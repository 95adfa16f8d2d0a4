// The bytes of one accepted connection, plain or TLS, with its time-outs.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/client_certificate.h"
#include "net/pending.h"
#include "net/pieces.h"

namespace kubevitals::net {

// Lives on one strand. One read and one write may be under way at a time. The coroutines do not throw.
class Channel final : public std::enable_shared_from_this<Channel> {
 public:
  // `tls` may be null. `tick` is about the shortest time-out that is often set.
  Channel(const Strand& strand, asio::ip::tcp::socket socket, asio::ssl::context* tls,
          std::chrono::milliseconds tick);

  const std::string& remote_address() const { return remote_; }

  asio::awaitable<bool> handshake();

  // What the client has shown in the handshake; null: nothing.
  const std::shared_ptr<const ClientCertificate>& client_certificate() const { return client_certificate_; }

  // At least one byte, appended to `out`; false when the client sends no more or the connection broke.
  asio::awaitable<bool> read(std::string& out);

  // All of the pieces; false when the connection broke or the client took next to nothing for `timeout`.
  asio::awaitable<bool> write(Pieces& pieces, std::chrono::milliseconds timeout);

  // Says that nothing more will be sent.
  asio::awaitable<void> shut_down();

  // Closes the connection unless another limit is set before.
  void limit(std::chrono::milliseconds timeout);
  void no_limit();

  // Ends what is under way. abort() lets the client see a broken connection even after a whole answer.
  void close();
  void abort();
  bool is_open() const { return socket().is_open(); }

 private:
  using Socket = asio::ip::tcp::socket;
  enum class Limit { kNone, kTime, kProgress };

  Socket& socket() { return secure_ ? secure_->next_layer() : *plain_; }
  const Socket& socket() const { return secure_ ? secure_->next_layer() : *plain_; }
  asio::awaitable<std::size_t> write_secure(Pieces& pieces, boost::system::error_code& error);
  void set_limit(Limit kind, std::chrono::milliseconds timeout);
  void watch();
  void on_tick();
  int unacknowledged();

  std::string remote_;
  std::shared_ptr<const ClientCertificate> client_certificate_;
  std::optional<Socket> plain_;
  std::optional<asio::ssl::stream<Socket>> secure_;
  std::unique_ptr<char[]> staging_;  // of TLS: where small pieces are put together

  // One timer that ticks while the connection lives, so that setting a limit costs next to nothing.
  const std::chrono::milliseconds tick_;
  asio::steady_timer timer_;
  bool ticking_ = false;
  Limit limit_ = Limit::kNone;
  std::chrono::milliseconds timeout_{0};
  std::chrono::steady_clock::time_point deadline_;
  int unacknowledged_ = 0;
};

}  // namespace kubevitals::net
