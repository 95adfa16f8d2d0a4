// libcurl's multi handle, driven by an Asio strand through its socket and timer callbacks.
#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "net/pending.h"

namespace kubevitals::net {

// An easy handle with somebody who waits for its end.
class CurlTask {
 public:
  virtual ~CurlTask() = default;
  virtual CURL* handle() const = 0;
  // The transfer is over, and removed. Never called from within one of libcurl's callbacks.
  virtual void on_done(CURLcode code) = 0;
};

// A set of connections and the transfers on them. Lives on its strand, all of it.
class CurlMulti final : public std::enable_shared_from_this<CurlMulti> {
 public:
  // Whether transfers share an HTTP/2 connection, or each has one of its own while it lasts.
  enum class Sharing { kShared, kExclusive };

  // `kept` as in TransportOptions::kept_connections.
  CurlMulti(Strand strand, Sharing sharing, std::uint32_t kept);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Starts a transfer; false when libcurl refuses. Ends with on_done() unless removed before.
  bool add(const std::shared_ptr<CurlTask>& task);
  // Not from within one of libcurl's callbacks.
  void remove(CurlTask& task);
  void unpause(CurlTask& task);

  // Ends all transfers with this code.
  void abort_all(CURLcode code);

  // Nothing more can be added: libcurl gave this handle up.
  bool broken() const { return broken_; }

 private:
  struct Watch;
  using WatchPtr = std::shared_ptr<Watch>;

  static int socket_callback(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int timer_callback(CURLM*, long milliseconds, void* self);

  bool watch(curl_socket_t socket, int wanted);
  void unwatch(curl_socket_t socket);
  void wait(curl_socket_t socket, const WatchPtr& watch);
  void on_ready(curl_socket_t socket, const WatchPtr& watch, bool failed, int event);
  void arm(long milliseconds);
  void act(curl_socket_t socket, int events);
  void collect();

  const Strand strand_;
  asio::steady_timer timer_;
  CURLM* multi_;
  bool broken_ = false;
  std::unordered_map<CURL*, std::shared_ptr<CurlTask>> tasks_;
  std::unordered_map<curl_socket_t, WatchPtr> watches_;
};

}  // namespace kubevitals::net
