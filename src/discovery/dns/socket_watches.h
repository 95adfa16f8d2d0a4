// The sockets of a library that wants to be told when they are ready.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "net/pending.h"

namespace kubevitals::discovery::dns {

// Lives on its strand.
class SocketWatches final {
 public:
  explicit SocketWatches(net::Strand strand) : strand_(std::move(strand)) {}
  ~SocketWatches() { clear(); }
  SocketWatches(const SocketWatches&) = delete;
  SocketWatches& operator=(const SocketWatches&) = delete;

  // Called with a socket that can be read, or else written, or that has failed. Never from within the methods
  // below.
  std::function<void(int socket, bool readable)> on_ready;

  // What to wait for from now on. Neither: the socket is forgotten, which must be said before it is closed.
  void watch(int socket, bool read, bool write);

  void clear();

 private:
  struct Watch;

  void wait(int socket, const std::shared_ptr<Watch>& watch, bool write);

  const net::Strand strand_;
  std::map<int, std::shared_ptr<Watch>> watches_;
};

}  // namespace kubevitals::discovery::dns
