#include "net/test_peers.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <utility>

namespace kubevitals::net {
namespace {

using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using SocketPtr = std::shared_ptr<tcp::socket>;

tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

// Accepts connections; outlives its owner for as long as something is under way on one of them.
struct Listener {
  explicit Listener(asio::io_context& io) : acceptor(io, loopback(0)) {}

  std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  void cut() {
    error_code ignored;
    for (const auto& socket : std::exchange(sockets, {})) socket->close(ignored);
  }

  void close() {
    error_code ignored;
    acceptor.close(ignored);
    cut();
  }

  tcp::acceptor acceptor;
  int connections = 0;
  std::string asked;
  std::set<SocketPtr> sockets;
};

// Calls `serve(state, socket)`, a coroutine, for every connection.
template <typename StatePtr, typename Serve>
asio::awaitable<void> accept(StatePtr state, Serve serve) {
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  while (state->acceptor.is_open()) {
    tcp::socket accepted = co_await state->acceptor.async_accept(token);
    if (error) co_return;
    const auto socket = std::make_shared<tcp::socket>(std::move(accepted));
    ++state->connections;
    state->sockets.insert(socket);
    asio::co_spawn(socket->get_executor(), serve(state, socket), asio::detached);
  }
}

asio::awaitable<void> pump(SocketPtr from, SocketPtr to) {
  error_code error;
  auto token = asio::redirect_error(use_awaitable, error);
  std::string bytes(64 << 10, '\0');
  const auto space = asio::buffer(bytes);
  while (!error) {
    const std::size_t size = co_await from->async_read_some(space, token);
    const auto read = asio::buffer(bytes.data(), size);
    if (!error) co_await asio::async_write(*to, read, token);
  }
  from->close(error);
  to->close(error);
}

}  // namespace

struct Tunnel::State : Listener {
  using Listener::Listener;

  static asio::awaitable<void> serve(std::shared_ptr<State> self, SocketPtr client) {
    error_code error;
    auto token = asio::redirect_error(use_awaitable, error);
    if (self->connect) {
      std::string head;
      auto buffer = asio::dynamic_buffer(head);
      co_await asio::async_read_until(*client, buffer, "\r\n\r\n", token);
      self->asked = head.substr(0, head.find("\r\n\r\n"));
      const std::string text = "HTTP/1.1 200 Connected\r\n\r\n";
      const auto answer = asio::buffer(text);
      co_await asio::async_write(*client, answer, token);
    }
    const auto server = std::make_shared<tcp::socket>(client->get_executor());
    const auto endpoint = loopback(self->target);
    co_await server->async_connect(endpoint, token);
    self->sockets.insert(server);
    asio::co_spawn(client->get_executor(), pump(client, server), asio::detached);
    asio::co_spawn(client->get_executor(), pump(server, client), asio::detached);
  }

  std::uint16_t target = 0;
  bool connect = false;
};

Tunnel::Tunnel(asio::io_context& io, std::uint16_t target, bool connect)
    : state_(std::make_shared<State>(io)) {
  state_->target = target;
  state_->connect = connect;
  asio::co_spawn(io, accept(state_, &State::serve), asio::detached);
}

Tunnel::~Tunnel() {
  state_->close();
}

std::uint16_t Tunnel::port() const {
  return state_->port();
}

int Tunnel::connections() const {
  return state_->connections;
}

const std::string& Tunnel::asked() const {
  return state_->asked;
}

void Tunnel::cut() {
  state_->cut();
}

struct Script::State : Listener {
  using Listener::Listener;

  static asio::awaitable<void> serve(std::shared_ptr<State> self, SocketPtr client) {
    error_code error;
    auto token = asio::redirect_error(use_awaitable, error);
    std::string head;
    auto buffer = asio::dynamic_buffer(head);
    const auto answer = asio::buffer(self->answer);
    while (!error) {
      const std::size_t size = co_await asio::async_read_until(*client, buffer, "\r\n\r\n", token);
      self->asked.append(head, 0, size);
      head.erase(0, size);
      if (!error) co_await asio::async_write(*client, answer, token);
      if (self->then == Then::kClose) break;
    }
    client->close(error);
    ++self->ended;
  }

  std::string answer;
  Then then = Then::kClose;
  int ended = 0;
};

Script::Script(asio::io_context& io, std::string answer, Then then) : state_(std::make_shared<State>(io)) {
  state_->answer = std::move(answer);
  state_->then = then;
  asio::co_spawn(io, accept(state_, &State::serve), asio::detached);
}

Script::~Script() {
  state_->close();
}

std::uint16_t Script::port() const {
  return state_->port();
}

int Script::connections() const {
  return state_->connections;
}

int Script::ended() const {
  return state_->ended;
}

const std::string& Script::asked() const {
  return state_->asked;
}

}  // namespace kubevitals::net
