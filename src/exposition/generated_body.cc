#include "exposition/generated_body.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "exposition/page.h"

namespace kubevitals::exposition {
namespace {

// A piece that a worker is writing, or has written.
struct Piece {
  std::string text;  // empty behind the last piece
  PagePtr page;      // of the text, when it is compressed
  // On the connection's strand.
  bool written = false;
  std::weak_ptr<asio::steady_timer> waiting;  // to be cancelled when it is
};

// While a piece is sent the next one is written.
class GeneratedBody final : public net::BodySource {
 public:
  GeneratedBody(asio::any_io_executor workers, NextPiece next, bool gzip)
      : workers_(std::move(workers)), next_(std::make_shared<NextPiece>(std::move(next))), gzip_(gzip) {}

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() override {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<net::BodyChunk> chunks;
    if (finished_) co_return chunks;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    if (!coming_) begin(executor);
    if (!coming_->written) {
      const auto timer =
          std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
      coming_->waiting = timer;
      boost::system::error_code ignored;
      auto token = asio::redirect_error(asio::use_awaitable, ignored);
      co_await timer->async_wait(token);
    }
    if (!coming_->written) co_return Error{ErrorCode::kCancelled, "cannot write the body: it was given up"};
    // The one before was sent.
    std::swap(piece_, coming_);
    finished_ = piece_->text.empty();
    if (!finished_) begin(executor);
    if (!gzip_) {
      if (!finished_) chunks.push_back({piece_, piece_->text});
      co_return chunks;
    }
    if (!begun_) chunks.push_back({nullptr, gzip_header()});
    begun_ = true;
    if (finished_) {
      chunks.push_back(net::BodyChunk::of(gzip_trailer(checksum_)));
    } else {
      checksum_.append(*piece_->page);
      chunks.push_back({piece_, piece_->page->compressed()});
    }
    co_return chunks;
  }

 private:
  // Lets a worker write the next piece. To get new memory takes longer than to write: it is used again.
  void begin(const asio::any_io_executor& executor) {
    if (!coming_ || coming_.use_count() > 1) coming_ = std::make_shared<Piece>();
    coming_->written = false;
    coming_->text.clear();
    auto write = [next = next_, piece = coming_, gzip = gzip_, work = asio::make_work_guard(executor)] {
      piece->page = (*next)(piece->text) && gzip ? Page::make(piece->text) : PagePtr();
      asio::post(work.get_executor(), [piece] {
        piece->written = true;
        if (const auto timer = piece->waiting.lock()) timer->cancel();
      });
    };
    asio::post(workers_, std::move(write));
  }

  const asio::any_io_executor workers_;
  const std::shared_ptr<NextPiece> next_;  // outlives this object while it runs
  const bool gzip_;
  std::shared_ptr<Piece> piece_;   // that is being sent
  std::shared_ptr<Piece> coming_;  // that is being written
  Checksum checksum_;
  bool begun_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<net::BodySource> make_generated_body(asio::any_io_executor workers, NextPiece next,
                                                     bool gzip) {
  return std::make_unique<GeneratedBody>(std::move(workers), std::move(next), gzip);
}

}  // namespace kubevitals::exposition
