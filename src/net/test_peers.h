// What stands at the other end of a test's connections when that is not this program's own server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"

namespace kubevitals::net {

// A server on loopback that hands everything on to another port; with `connect` it is an HTTP proxy that only
// knows CONNECT, and goes to that port whatever it is asked for.
class Tunnel {
 public:
  Tunnel(asio::io_context& io, std::uint16_t target, bool connect = false);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  std::uint16_t port() const;
  int connections() const;
  // The head of what was asked for with CONNECT, last.
  const std::string& asked() const;
  // Breaks all connections.
  void cut();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// A server on loopback that says the same bytes after every head of a request, whatever was asked for.
class Script {
 public:
  enum class Then { kClose, kWait };

  Script(asio::io_context& io, std::string answer, Then then = Then::kClose);
  ~Script();
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  std::uint16_t port() const;
  int connections() const;
  // How many of them ended by now.
  int ended() const;
  // All that it was sent.
  const std::string& asked() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubevitals::net
