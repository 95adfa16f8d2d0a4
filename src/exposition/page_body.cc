#include "exposition/page_body.h"

#include <string>
#include <utility>

namespace kubevitals::exposition {
namespace {

using net::BodyChunk;

// How much is handed to the server at once.
constexpr std::size_t kPagesAtOnce = 62;
// Of text so much as stays in a core's cache between being inflated and being copied to the socket. It takes
// a third of a millisecond, which is not worth a change of threads: that costs a seventh of a plain scrape.
constexpr std::size_t kTextAtOnce = std::size_t{256} << 10;

// Walks over the pages of a sequence.
class Cursor {
 public:
  explicit Cursor(const PageSequence& sequence) : sequence_(sequence) {}

  // The next page; nullptr at the end.
  const Page* next() {
    while (part_ < sequence_.parts().size()) {
      const PageSequence::Part& part = sequence_.parts()[part_];
      if (part.single) {
        ++part_;
        return part.single.get();
      }
      while (page_ < part.run->pages.size()) {
        if (const Page* page = part.run->pages[page_++].get()) return page;
      }
      page_ = 0;
      ++part_;
    }
    return nullptr;
  }

 private:
  const PageSequence& sequence_;
  std::size_t part_ = 0;
  std::size_t page_ = 0;
};

// The pages as they are.
class GzipBody final : public net::BodySource {
 public:
  explicit GzipBody(PageSequence sequence)
      : sequence_(std::move(sequence)), cursor_(sequence_), trailer_(gzip_trailer(sequence_.checksum())) {}

  std::optional<std::uint64_t> content_length() const override {
    return gzip_header().size() + sequence_.compressed_size() + trailer_.size();
  }

  // The chunks have no owner of their own: this object outlives their being written.
  asio::awaitable<Result<std::vector<BodyChunk>>> next() override {
    std::vector<BodyChunk> chunks;
    if (finished_) co_return chunks;
    chunks.reserve(kPagesAtOnce + 2);
    if (!begun_) chunks.push_back({nullptr, gzip_header()});
    begun_ = true;
    for (std::size_t count = 0; count < kPagesAtOnce; ++count) {
      const Page* page = cursor_.next();
      if (page == nullptr) {
        finished_ = true;
        chunks.push_back({nullptr, trailer_});
        break;
      }
      chunks.push_back({nullptr, page->compressed()});
    }
    co_return chunks;
  }

 private:
  const PageSequence sequence_;
  Cursor cursor_;
  const std::string trailer_;
  bool begun_ = false;
  bool finished_ = false;
};

// The pages' text, inflated piece by piece.
class TextBody final : public net::BodySource {
 public:
  explicit TextBody(PageSequence sequence) : sequence_(std::move(sequence)), cursor_(sequence_) {}

  std::optional<std::uint64_t> content_length() const override { return sequence_.checksum().size; }

  asio::awaitable<Result<std::vector<BodyChunk>>> next() override {
    std::vector<BodyChunk> chunks;
    if (fill()) chunks.push_back({nullptr, {text_.get(), size_}});
    co_return chunks;
  }

 private:
  // False at the end.
  bool fill() {
    size_ = 0;
    for (; next_ != nullptr; next_ = cursor_.next()) {
      const std::size_t end = size_ + next_->raw_size();
      if (end > capacity_ && size_ > 0) break;
      if (end > capacity_) {
        text_ = std::make_unique_for_overwrite<char[]>(end);
        capacity_ = end;
      }
      next_->inflate(text_.get() + size_);
      size_ = end;
    }
    return size_ > 0;
  }

  const PageSequence sequence_;
  Cursor cursor_;
  const Page* next_ = cursor_.next();
  std::unique_ptr<char[]> text_ = std::make_unique_for_overwrite<char[]>(kTextAtOnce);
  std::size_t capacity_ = kTextAtOnce;
  std::size_t size_ = 0;
};

}  // namespace

void PageSequence::add(PagePtr page) {
  if (!page) return;
  checksum_.append(*page);
  compressed_size_ += page->compressed().size();
  parts_.push_back({std::move(page), nullptr});
}

void PageSequence::add(std::shared_ptr<const PageRun> run) {
  if (run->checksum.size == 0) return;
  checksum_.append(run->checksum);
  compressed_size_ += run->compressed_size;
  parts_.push_back({nullptr, std::move(run)});
}

std::unique_ptr<net::BodySource> make_page_body(PageSequence sequence, bool gzip) {
  if (gzip) return std::make_unique<GzipBody>(std::move(sequence));
  return std::make_unique<TextBody>(std::move(sequence));
}

}  // namespace kubevitals::exposition
