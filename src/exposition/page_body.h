// Response bodies that are joined from compressed pages.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exposition/page.h"
#include "net/http_server.h"

namespace kubevitals::exposition {

// Pages behind each other, with the checksum of their joined text. Immutable once shared.
struct PageRun {
  std::vector<PagePtr> pages;  // null where there is no text
  Checksum checksum;
  std::uint64_t compressed_size = 0;
};

// What a body sends, in order: single pages and runs of them. Keeps it all alive.
class PageSequence {
 public:
  struct Part {
    PagePtr single;
    std::shared_ptr<const PageRun> run;
  };

  // A null page is no text.
  void add(PagePtr page);
  void add(std::shared_ptr<const PageRun> run);

  const std::vector<Part>& parts() const { return parts_; }
  const Checksum& checksum() const { return checksum_; }
  std::uint64_t compressed_size() const { return compressed_size_; }

 private:
  std::vector<Part> parts_;
  Checksum checksum_;
  std::uint64_t compressed_size_ = 0;
};

// The body: as one gzip stream of the pages as they are, or their text, inflated piece by piece while it is
// sent.
std::unique_ptr<net::BodySource> make_page_body(PageSequence sequence, bool gzip);

}  // namespace kubevitals::exposition
