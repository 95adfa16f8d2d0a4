#include "state/exposition.h"

#include <utility>

#include "base/run_on.h"
#include "state/family_header.h"

namespace kubevitals::state {
namespace {

using exposition::Checksum;
using exposition::Page;
using exposition::PagePtr;
using net::BodyChunk;

// How much is handed to the server at once.
constexpr std::size_t kPagesAtOnce = 62;
// Of text so much as stays in a core's cache between being inflated and being copied to the socket. It takes
// a third of a millisecond, which is not worth a change of threads: that costs a seventh of a plain scrape.
constexpr std::size_t kTextAtOnce = std::size_t{256} << 10;

// What a scrape sends, in order: single pages (headers) and families' pages. Keeps it all alive.
struct Sequence {
  struct Part {
    PagePtr single;
    std::shared_ptr<const FamilyPages> family;
  };
  std::vector<Part> parts;
  Checksum checksum;
  std::uint64_t compressed_size = 0;

  void add(const PagePtr& page) {
    parts.push_back({page, nullptr});
    checksum.append(*page);
    compressed_size += page->compressed().size();
  }
  void add(const std::shared_ptr<const FamilyPages>& family) {
    if (family->checksum.size == 0) return;
    parts.push_back({nullptr, family});
    checksum.append(family->checksum);
    compressed_size += family->compressed_size;
  }
};

// Walks over the pages of a sequence.
class Cursor {
 public:
  explicit Cursor(const Sequence& sequence) : sequence_(sequence) {}

  // The next page; nullptr at the end.
  const Page* next() {
    while (part_ < sequence_.parts.size()) {
      const Sequence::Part& part = sequence_.parts[part_];
      if (part.single) {
        ++part_;
        return part.single.get();
      }
      while (page_ < part.family->pages.size()) {
        if (const Page* page = part.family->pages[page_++].get()) return page;
      }
      page_ = 0;
      ++part_;
    }
    return nullptr;
  }

 private:
  const Sequence& sequence_;
  std::size_t part_ = 0;
  std::size_t page_ = 0;
};

// The pages as they are.
class GzipBody final : public net::BodySource {
 public:
  explicit GzipBody(Sequence sequence)
      : sequence_(std::move(sequence)), cursor_(sequence_), trailer_(gzip_trailer(sequence_.checksum)) {}

  std::optional<std::uint64_t> content_length() const override {
    return exposition::gzip_header().size() + sequence_.compressed_size + trailer_.size();
  }

  // The chunks have no owner of their own: this object outlives their being written.
  asio::awaitable<Result<std::vector<BodyChunk>>> next() override {
    std::vector<BodyChunk> chunks;
    if (finished_) co_return chunks;
    chunks.reserve(kPagesAtOnce + 2);
    if (!begun_) chunks.push_back({nullptr, exposition::gzip_header()});
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
  const Sequence sequence_;
  Cursor cursor_;
  const std::string trailer_;
  bool begun_ = false;
  bool finished_ = false;
};

// The pages' text, inflated piece by piece.
class TextBody final : public net::BodySource {
 public:
  explicit TextBody(Sequence sequence) : sequence_(std::move(sequence)), cursor_(sequence_) {}

  std::optional<std::uint64_t> content_length() const override { return sequence_.checksum.size; }

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

  const Sequence sequence_;
  Cursor cursor_;
  const Page* next_ = cursor_.next();
  std::unique_ptr<char[]> text_ = std::make_unique_for_overwrite<char[]>(kTextAtOnce);
  std::size_t capacity_ = kTextAtOnce;
  std::size_t size_ = 0;
};

using StoreSnapshots = std::vector<std::vector<std::shared_ptr<const StoreSnapshot>>>;

StoreSnapshots take_snapshots(const std::vector<const ResourceStores*>& resources) {
  StoreSnapshots snapshots;
  for (const ResourceStores* resource : resources) {
    auto& own = snapshots.emplace_back();
    for (const auto& store : resource->stores) own.push_back(store->snapshot());
  }
  return snapshots;
}

}  // namespace

Exposition::Exposition(asio::any_io_executor workers, std::vector<ResourceStores> resources)
    : workers_(std::move(workers)), end_of_open_metrics_(Page::make("# EOF\n")) {
  for (ResourceStores& resource : resources) {
    Entry entry;
    for (const std::size_t family : resource.selected.families) {
      const FamilyInfo& info = resource.selected.resource->family(family);
      std::string text;
      std::string open_metrics;
      append_family_header(text, info, TextFormat::kPrometheus);
      append_family_header(open_metrics, info, TextFormat::kOpenMetrics);
      entry.headers.push_back({Page::make(text), Page::make(open_metrics)});
    }
    entry.resource = std::move(resource);
    entries_.push_back(std::move(entry));
  }
}

asio::awaitable<net::ServerResponse> Exposition::scrape(exposition::Negotiated format, bool gzip,
                                                        ResourceFilter filter) const {
  std::vector<const Entry*> wanted;
  std::vector<const ResourceStores*> resources;
  for (const Entry& entry : entries_) {
    if (!filter.allows(entry.resource.selected.resource->name)) continue;
    wanted.push_back(&entry);
    resources.push_back(&entry.resource);
  }
  auto work = [resources = std::move(resources)] { return take_snapshots(resources); };
  const StoreSnapshots snapshots = co_await run_on(workers_, std::move(work));

  const bool open_metrics = format.format == exposition::Format::kOpenMetrics;
  Sequence sequence;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::size_t objects = 0;
    for (const auto& snapshot : snapshots[i]) objects += snapshot->objects;
    if (objects == 0) continue;
    for (std::size_t family = 0; family < wanted[i]->headers.size(); ++family) {
      const Header& header = wanted[i]->headers[family];
      sequence.add(open_metrics ? header.open_metrics : header.text);
      for (const auto& snapshot : snapshots[i]) sequence.add(snapshot->families[family]);
    }
  }
  if (open_metrics) sequence.add(end_of_open_metrics_);

  net::ServerResponse response;
  response.headers.set("Content-Type", std::string(format.content_type));
  response.headers.set("Vary", "Accept, Accept-Encoding");
  if (gzip) {
    response.headers.set("Content-Encoding", "gzip");
    response.body = std::unique_ptr<net::BodySource>(std::make_unique<GzipBody>(std::move(sequence)));
  } else {
    response.body = std::unique_ptr<net::BodySource>(std::make_unique<TextBody>(std::move(sequence)));
  }
  co_return response;
}

}  // namespace kubevitals::state
