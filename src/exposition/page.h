// Compressed pieces of exposition text that can be joined into one gzip stream without compressing anything
// again.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kubevitals::exposition {

// How many pieces (of one object each) a page can have.
inline constexpr std::size_t kPageParts = 64;

class Page;
using PagePtr = boost::intrusive_ptr<const Page>;

// The text of up to kPageParts parts, one after the other, each of them whole lines, as a deflate block of
// its own that ends on a byte boundary (a full flush) and refers to nothing before it. With its length and
// CRC-32, such pages can be put behind each other in one gzip member (RFC 1951, RFC 1952). Immutable; counted
// references, from any thread. Header, table of parts and bytes are one allocation: there are tens of
// thousands of them.
//
// Where a part begins is told by numbers of lines, which are the same for most parts of a page.
class Page {
 public:
  // How much text a page takes; the parts with which it would be more are left out. Nothing real comes near.
  static constexpr std::size_t kMaxText = std::size_t{1} << 30;

  // The compressed page, or nullptr when all parts are empty. A part's text ends with a line break.
  static PagePtr make(std::span<const std::string_view> parts);
  // A page of one part.
  static PagePtr make(std::string_view text);

  // What goes into the gzip stream.
  std::string_view compressed() const { return {data() + table_size(), compressed_size_}; }
  std::uint32_t raw_size() const { return raw_size_; }
  std::uint32_t crc() const { return crc_; }
  // zlib's crc32_combine operator for raw_size: makes combining one multiplication.
  std::uint32_t crc_operator() const { return crc_operator_; }

  bool has_part(std::size_t part) const { return (present_ >> part & 1) != 0; }

  // Appends the text.
  void inflate(std::string& out) const;
  // Writes the text, raw_size() bytes.
  void inflate(char* out) const;

  // Inflates into `text` (replacing it) and points `parts` into it; parts.size() is at most kPageParts.
  void inflate_parts(std::string& text, std::span<std::string_view> parts) const;

 private:
  friend void intrusive_ptr_add_ref(const Page* page);
  friend void intrusive_ptr_release(const Page* page);

  Page() = default;
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::size_t table_size() const { return std::size_t{table_parts_} * table_width_; }
  std::uint32_t lines_of(std::size_t part) const;

  mutable std::uint32_t references_ = 0;
  std::uint32_t raw_size_ = 0;
  std::uint32_t crc_ = 0;
  std::uint32_t crc_operator_ = 0;
  std::uint32_t compressed_size_ = 0;
  std::uint8_t table_parts_ = 0;  // numbers in the table; 0: there is none
  std::uint8_t table_width_ = 0;  // bytes of each of them: 1, 2 or 4
  std::uint16_t lines_each_ = 0;  // without a table: of each part that has text
  std::uint64_t present_ = 0;     // which parts have text
};

void intrusive_ptr_add_ref(const Page* page);
void intrusive_ptr_release(const Page* page);

// The length and CRC-32 of texts put behind each other.
struct Checksum {
  std::uint64_t size = 0;
  std::uint32_t crc = 0;

  void append(const Page& page);
  void append(const Checksum& other);
};

// What stands before and behind the pages of a gzip stream.
std::string_view gzip_header();
std::string gzip_trailer(const Checksum& checksum);

// A whole gzip stream of a text.
std::string gzip(std::string_view text);

}  // namespace kubevitals::exposition
