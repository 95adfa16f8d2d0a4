#include "exposition/generated_body.h"

#include <utility>
#include <vector>

#include "base/run_on.h"
#include "exposition/page.h"

namespace kubevitals::exposition {
namespace {

class GeneratedBody final : public net::BodySource {
 public:
  GeneratedBody(asio::any_io_executor workers, NextPiece next, bool gzip)
      : workers_(std::move(workers)), next_(std::make_shared<NextPiece>(std::move(next))), gzip_(gzip) {}

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() override {
    std::vector<net::BodyChunk> chunks;
    if (finished_) co_return chunks;
    // The piece before was sent, and its memory is used again: to get new memory takes longer than to write.
    if (!text_ || text_.use_count() > 1) text_ = std::make_shared<std::string>();
    text_->clear();
    auto work = [next = next_, text = text_, gzip = gzip_] {
      return (*next)(*text) && gzip ? Page::make(*text) : PagePtr();
    };
    const asio::any_io_executor workers = workers_;
    auto made = run_on(workers, std::move(work));
    PagePtr page = co_await std::move(made);
    finished_ = text_->empty();
    if (!gzip_) {
      if (!finished_) chunks.push_back({text_, *text_});
      co_return chunks;
    }
    if (!begun_) chunks.push_back({nullptr, gzip_header()});
    begun_ = true;
    if (finished_) {
      chunks.push_back(net::BodyChunk::of(gzip_trailer(checksum_)));
    } else {
      checksum_.append(*page);
      const std::string_view bytes = page->compressed();
      chunks.push_back({std::make_shared<const PagePtr>(std::move(page)), bytes});
    }
    co_return chunks;
  }

 private:
  const asio::any_io_executor workers_;
  const std::shared_ptr<NextPiece> next_;  // outlives this object while it runs
  std::shared_ptr<std::string> text_;      // the last piece
  const bool gzip_;
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
