// One exchange with a server.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/curl_multi.h"
#include "net/curl_request.h"
#include "net/http_client.h"
#include "net/pending.h"

namespace kubevitals::net {

// What one wait for an exchange brings.
struct News {
  int status = 0;             // of the head
  Headers headers;            // of the head
  std::string body;           // the whole, or the next bytes; as they came, not decompressed
  bool end = false;           // of the body
  bool gzip = false;          // the body is compressed because this client offered it
  bool http2 = false;         // of the whole
  std::string effective_url;  // of the whole
};

// Lives on the client's strand but for its construction and wire_bytes(). One waits at a time.
class Transfer final : public CurlTask, public std::enable_shared_from_this<Transfer> {
 public:
  // Where the body is kept: all of it up to a limit, or a few hundred KiB, after which the server has to
  // wait.
  enum class Mode { kWhole, kStream };

  Transfer(const Strand& strand, const HttpRequest& request, Mode mode, std::size_t max_body);

  // Sends the request. Failures, here as later, are what the next wait ends with.
  void start(const std::shared_ptr<CurlMulti>& multi, std::unique_ptr<CurlRequest> request);
  void fail(Error cause);

  // Each completes `waiter` once its matter is there; zero as time-out means none.
  void await_head(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout);
  void await_bytes(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout);
  void await_whole(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout);

  // Ends it; a waiter gets kCancelled.
  void cancel();

  // From any thread.
  std::uint64_t wire_bytes() const { return wire_bytes_.load(std::memory_order_relaxed); }

  // "cannot GET https://host/path: <cause>".
  Error failure(const Error& cause) const;

  CURL* handle() const override { return request_->easy(); }
  void on_done(CURLcode code) override;

 private:
  enum class Matter { kHead, kBytes, kWhole };

  static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self);

  bool take_header_line(std::string_view line);
  std::size_t take_body(const char* data, std::size_t size);
  void await(Matter matter, PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout);
  void on_time_out(std::chrono::milliseconds timeout);
  void check();
  bool is_there() const;
  News take_news();
  void end();

  // Constant.
  const std::string what_;  // "GET https://host/path"
  const Mode mode_;
  const std::size_t max_body_;
  const bool follows_redirects_;

  std::shared_ptr<CurlMulti> multi_;  // while under way
  std::unique_ptr<CurlRequest> request_;
  PendingPtr<Result<News>> waiter_;
  Matter matter_ = Matter::kHead;
  asio::steady_timer timer_;

  News head_;
  std::size_t header_bytes_ = 0;
  bool head_complete_ = false;
  std::string buffer_;
  bool paused_ = false;
  bool done_ = false;
  std::optional<Error> error_;  // the reason when done without success
  std::atomic<std::uint64_t> wire_bytes_{0};
};

}  // namespace kubevitals::net
