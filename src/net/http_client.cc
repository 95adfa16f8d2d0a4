#include "net/http_client.h"

#include <array>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "net/file_state.h"
#include "net/gzip_decoder.h"
#include "net/transfer.h"

namespace kubevitals::net {
namespace {

using Milliseconds = std::chrono::milliseconds;

// What one read_some of a compressed body hands out at most.
constexpr std::size_t kMaxDecoded = 256 << 10;

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

// Two sets of connections. Whole responses share an HTTP/2 connection. A stream has a connection to itself
// while it lasts, because its reader may stop: libcurl 7.88 keeps what came for a paused stream in the way of
// all others on the same connection, and spins meanwhile.
//
// A connection stays with the certificates it was made with. So when one of the files changed, both sets are
// left to the transfers under way and new ones begin.
class HttpClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, TransportOptions options)
      : strand_(std::move(executor)), options_(std::move(options)) {
    init_curl();
  }

  const Strand& strand() const { return strand_; }
  const TransportOptions& options() const { return options_; }

  // The rest runs on the strand.

  void start(Transfer& transfer, HttpRequest request, Transfer::Mode mode) {
    if (closed_) {
      transfer.fail(Error{ErrorCode::kCancelled, "the client is closed"});
      return;
    }
    auto made = CurlRequest::make(options_, std::move(request));
    if (!made) {
      transfer.fail(std::move(made).error());
      return;
    }
    transfer.start(connections(mode), *std::move(made));
  }

  void close() {
    closed_ = true;
    whole_.reset();
    streams_.reset();
    for (const auto& weak : std::exchange(all_, {})) {
      if (const auto multi = weak.lock()) multi->abort_all(CURLE_ABORTED_BY_CALLBACK);
    }
  }

 private:
  using Files = std::array<FileState, 3>;

  std::shared_ptr<CurlMulti> connections(Transfer::Mode mode) {
    const Files files{state_of(options_.ca_file), state_of(options_.certificate_file),
                      state_of(options_.key_file)};
    if (files != files_) {
      files_ = files;
      whole_.reset();
      streams_.reset();
    }
    const bool whole = mode == Transfer::Mode::kWhole;
    std::shared_ptr<CurlMulti>& multi = whole ? whole_ : streams_;
    if (!multi || multi->broken()) {
      using Sharing = CurlMulti::Sharing;
      multi = std::make_shared<CurlMulti>(strand_, whole ? Sharing::kShared : Sharing::kExclusive,
                                          options_.kept_connections);
      std::erase_if(all_, [](const auto& weak) { return weak.expired(); });
      all_.push_back(multi);
    }
    return multi;
  }

  const Strand strand_;
  const TransportOptions options_;

  // Used on the strand.
  bool closed_ = false;
  Files files_;
  std::shared_ptr<CurlMulti> whole_;
  std::shared_ptr<CurlMulti> streams_;
  std::vector<std::weak_ptr<CurlMulti>> all_;
};

namespace {

using ImplPtr = std::shared_ptr<HttpClient::Impl>;
using TransferPtr = std::shared_ptr<Transfer>;
using Waiter = PendingPtr<Result<News>>;

// Makes what follows end in values, not exceptions, when the coroutine is cancelled; whether it was already.
asio::awaitable<bool> already_cancelled() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

Error cancelled(const Transfer& transfer) {
  return transfer.failure(Error{ErrorCode::kCancelled, "cancelled"});
}

class Stream final : public HttpStream {
 public:
  Stream(ImplPtr impl, TransferPtr transfer, News head)
      : impl_(std::move(impl)), transfer_(std::move(transfer)), head_(std::move(head)) {
    if (head_.gzip) decoder_.emplace();
  }
  ~Stream() override { cancel(); }

  int status() const override { return head_.status; }
  const Headers& headers() const override { return head_.headers; }
  std::uint64_t wire_bytes() const override { return transfer_->wire_bytes(); }

  asio::awaitable<Result<std::string>> read_some(Milliseconds idle_timeout) override {
    if (co_await already_cancelled()) cancel();
    while (true) {
      if (cancelled_) co_return cancelled(*transfer_);
      if (decoder_) {
        Result<std::string> decoded = decoder_->take(kMaxDecoded);
        if (!decoded) {
          cancel();
          co_return transfer_->failure(decoded.error());
        }
        if (!decoded->empty()) co_return decoded;
      }
      Result<News> news = co_await await_bytes(idle_timeout);
      if (!news) co_return std::move(news).error();
      if (news->body.empty()) co_return end_of_body();
      if (!decoder_) co_return std::move(news->body);
      decoder_->feed(std::move(news->body));
    }
  }

  void cancel() override {
    cancelled_ = true;
    asio::post(impl_->strand(), [impl = impl_, transfer = transfer_] { transfer->cancel(); });
  }

 private:
  asio::awaitable<Result<News>> await_bytes(Milliseconds timeout) {
    auto start = [transfer = transfer_, timeout](Waiter waiter) {
      transfer->await_bytes(std::move(waiter), timeout);
    };
    return ask<Result<News>>(impl_->strand(), std::move(start));
  }

  Result<std::string> end_of_body() const {
    if (!decoder_ || decoder_->at_end()) return std::string();
    const Error cause{ErrorCode::kUnavailable, "the compressed body is cut off"};
    return transfer_->failure(cause);
  }

  const ImplPtr impl_;
  const TransferPtr transfer_;
  const News head_;
  std::optional<GzipDecoder> decoder_;
  std::atomic<bool> cancelled_{false};
};

Result<std::string> decode_whole(std::string compressed, std::size_t max_body) {
  GzipDecoder decoder;
  decoder.feed(std::move(compressed));
  const std::size_t enough = max_body < std::numeric_limits<std::size_t>::max() ? max_body + 1 : max_body;
  Result<std::string> decoded = decoder.take(enough);
  if (!decoded) return decoded;
  if (decoded->size() > max_body) {
    return Error{ErrorCode::kInvalid, "the body is larger than " + std::to_string(max_body) + " bytes"};
  }
  if (!decoder.at_end()) return Error{ErrorCode::kUnavailable, "the compressed body is cut off"};
  return decoded;
}

}  // namespace

HttpClient::HttpClient(asio::any_io_executor executor, TransportOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() {
  asio::post(impl_->strand(), [impl = impl_] { impl->close(); });
}

asio::awaitable<Result<HttpResponse>> HttpClient::send(HttpRequest request, std::size_t max_body) {
  const ImplPtr impl = impl_;
  constexpr auto kMode = Transfer::Mode::kWhole;
  const auto transfer = std::make_shared<Transfer>(impl->strand(), request, kMode, max_body);
  if (co_await already_cancelled()) co_return cancelled(*transfer);
  const Milliseconds timeout = request.timeout;
  auto start = [impl, transfer, timeout, request = std::move(request)](Waiter waiter) mutable {
    impl->start(*transfer, std::move(request), kMode);
    transfer->await_whole(std::move(waiter), timeout);
  };
  Result<News> news = co_await ask<Result<News>>(impl->strand(), std::move(start));
  if (!news) co_return std::move(news).error();
  if (news->gzip) {
    Result<std::string> decoded = decode_whole(std::move(news->body), max_body);
    if (!decoded) co_return transfer->failure(decoded.error());
    news->body = *std::move(decoded);
  }
  co_return HttpResponse{news->status, std::move(news->headers), std::move(news->body), news->http2,
                         std::move(news->effective_url)};
}

asio::awaitable<Result<std::unique_ptr<HttpStream>>> HttpClient::open(HttpRequest request) {
  const ImplPtr impl = impl_;
  constexpr auto kMode = Transfer::Mode::kStream;
  const auto transfer = std::make_shared<Transfer>(impl->strand(), request, kMode, std::size_t{0});
  if (co_await already_cancelled()) co_return cancelled(*transfer);
  const Milliseconds timeout = request.timeout;
  auto start = [impl, transfer, timeout, request = std::move(request)](Waiter waiter) mutable {
    impl->start(*transfer, std::move(request), kMode);
    transfer->await_head(std::move(waiter), timeout);
  };
  Result<News> head = co_await ask<Result<News>>(impl->strand(), std::move(start));
  if (!head) co_return std::move(head).error();
  std::unique_ptr<HttpStream> stream = std::make_unique<Stream>(impl, transfer, *std::move(head));
  co_return stream;
}

}  // namespace kubevitals::net
