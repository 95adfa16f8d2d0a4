#include "discovery/dns/socket_watches.h"

#include <spdlog/spdlog.h>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

namespace kubevitals::discovery::dns {

using boost::system::error_code;

struct SocketWatches::Watch {
  Watch(const net::Strand& strand, SocketWatches& of) : descriptor(strand), owner(&of) {}
  ~Watch() { let_go(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // The library closes the socket, not the descriptor.
  void let_go() {
    owner = nullptr;
    if (descriptor.is_open()) descriptor.release();
  }

  asio::posix::stream_descriptor descriptor;
  SocketWatches* owner;
  bool wanted[2] = {false, false};  // to read, to write
  bool waiting[2] = {false, false};
};

void SocketWatches::watch(int socket, bool read, bool write) {
  std::shared_ptr<Watch>& watch = watches_[socket];
  if (!read && !write) {
    if (watch) watch->let_go();
    watches_.erase(socket);
    return;
  }
  if (!watch) {
    watch = std::make_shared<Watch>(strand_, *this);
    error_code error;
    watch->descriptor.assign(socket, error);
    if (error) {
      spdlog::error("cannot watch a socket: {}", error.message());
      watches_.erase(socket);
      return;
    }
  }
  watch->wanted[0] = read;
  watch->wanted[1] = write;
  const auto keep = watch;
  wait(socket, keep, false);
  wait(socket, keep, true);
}

void SocketWatches::wait(int socket, const std::shared_ptr<Watch>& watch, bool write) {
  const auto which = static_cast<std::size_t>(write);
  if (!watch->wanted[which] || std::exchange(watch->waiting[which], true)) return;
  const auto kind =
      write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read;
  watch->descriptor.async_wait(kind, [socket, watch, write, which](const error_code& error) {
    watch->waiting[which] = false;
    if (error == asio::error::operation_aborted || watch->owner == nullptr || !watch->wanted[which]) return;
    // A copy: whoever is told may end everything.
    const auto tell = watch->owner->on_ready;
    if (tell) tell(socket, !write);
    if (watch->owner != nullptr) watch->owner->wait(socket, watch, write);
  });
}

void SocketWatches::clear() {
  for (const auto& [socket, watch] : watches_) watch->let_go();
  watches_.clear();
}

}  // namespace kubevitals::discovery::dns
