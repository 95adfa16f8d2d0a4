#include "exposition/page.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace kubevitals::exposition {
namespace {

// Worst case of deflate: stored blocks of 64 KiB with five bytes each, and the flush marker.
std::size_t compressed_bound(std::size_t size) {
  return size + size / 8 + 1024;
}

// ISA-L's working memory, kept for the thread: setting it up costs more than compressing a page.
struct Compressor {
  isal_zstream stream{};
  std::vector<std::uint8_t> level_buffer = std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);
  std::unique_ptr<std::uint8_t[]> output;
  std::size_t capacity = 0;

  std::span<const std::uint8_t> run(std::string_view text) {
    if (const std::size_t bound = compressed_bound(text.size()); bound > capacity) {
      output = std::make_unique_for_overwrite<std::uint8_t[]>(bound);
      capacity = bound;
    }
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = level_buffer.data();
    stream.level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
    stream.gzip_flag = IGZIP_DEFLATE;
    stream.flush = FULL_FLUSH;
    stream.end_of_stream = 0;
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<std::uint32_t>(text.size());
    stream.next_out = output.get();
    stream.avail_out = static_cast<std::uint32_t>(capacity);
    [[maybe_unused]] const int result = isal_deflate_stateless(&stream);
    assert(result == COMP_OK);
    return {output.get(), capacity - stream.avail_out};
  }
};

Compressor& compressor() {
  thread_local Compressor instance;
  return instance;
}

void inflate_into(std::string_view compressed, char* out, std::uint32_t size) {
  thread_local const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(compressed.data()));
  state->avail_in = static_cast<std::uint32_t>(compressed.size());
  state->next_out = reinterpret_cast<std::uint8_t*>(out);
  state->avail_out = size;
  state->crc_flag = ISAL_DEFLATE;
  // No block of a page is the final one, so this ends with "more input wanted"; what counts is the output.
  isal_inflate_stateless(state.get());
  assert(state->avail_out == 0);
}

// The tables of lines are written and read with the low byte first.
static_assert(std::endian::native == std::endian::little);

std::uint32_t count_lines(std::string_view text) {
  std::uint32_t lines = 0;
  const char* cursor = text.data();
  const char* const end = cursor + text.size();
  while (cursor < end) {
    const void* found = std::memchr(cursor, '\n', static_cast<std::size_t>(end - cursor));
    if (found == nullptr) break;
    ++lines;
    cursor = static_cast<const char*>(found) + 1;
  }
  return lines;
}

const char* skip_lines(const char* cursor, const char* end, std::uint32_t lines) {
  for (; lines > 0; --lines) {
    cursor = static_cast<const char*>(std::memchr(cursor, '\n', static_cast<std::size_t>(end - cursor))) + 1;
  }
  return cursor;
}

// What the parts of a page have in lines.
struct LineTable {
  std::array<std::uint32_t, kPageParts> lines{};
  std::size_t parts = 0;  // up to the last one with text
  std::uint32_t each = 0;
  bool uniform = true;
  std::uint32_t most = 0;

  void add(std::size_t part, std::string_view text) {
    lines[part] = count_lines(text);
    parts = part + 1;
    if (each == 0) each = lines[part];
    uniform = uniform && lines[part] == each;
    most = std::max(most, lines[part]);
  }
  bool needed() const { return !uniform || each > UINT16_MAX; }
  std::uint8_t width() const { return most <= UINT8_MAX ? 1 : most <= UINT16_MAX ? 2 : 4; }
};

// A buffer that was needed for one huge page is not kept.
void shrink(std::string& buffer) {
  constexpr std::size_t kKept = std::size_t{4} << 20;
  if (buffer.capacity() > kKept) std::string().swap(buffer);
}

}  // namespace

PagePtr Page::make(std::span<const std::string_view> parts) {
  assert(parts.size() <= kPageParts);
  thread_local std::string text;
  text.clear();
  LineTable table;
  std::uint64_t present = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty() || text.size() + parts[i].size() > kMaxText) continue;
    assert(parts[i].back() == '\n');
    text.append(parts[i]);
    present |= std::uint64_t{1} << i;
    table.add(i, parts[i]);
  }
  if (text.empty()) return nullptr;
  const std::uint8_t width = table.needed() ? table.width() : std::uint8_t{0};
  const std::size_t table_size = table.parts * width;
  const std::span<const std::uint8_t> compressed = compressor().run(text);
  void* memory = std::malloc(sizeof(Page) + table_size + compressed.size());
  if (memory == nullptr) throw std::bad_alloc();
  Page* page = new (memory) Page();
  page->raw_size_ = static_cast<std::uint32_t>(text.size());
  page->crc_ = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  page->crc_operator_ = static_cast<std::uint32_t>(crc32_combine_gen(static_cast<z_off_t>(text.size())));
  page->compressed_size_ = static_cast<std::uint32_t>(compressed.size());
  page->table_parts_ = width == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(table.parts);
  page->table_width_ = width;
  page->lines_each_ = width == 0 ? static_cast<std::uint16_t>(table.each) : std::uint16_t{0};
  page->present_ = present;
  for (std::size_t i = 0; width != 0 && i < table.parts; ++i) {
    std::memcpy(page->data() + i * width, &table.lines[i], width);  // the lower bytes
  }
  std::memcpy(page->data() + table_size, compressed.data(), compressed.size());
  shrink(text);
  return PagePtr(page);
}

PagePtr Page::make(std::string_view text) {
  return make(std::span<const std::string_view>(&text, 1));
}

void Page::inflate(std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + raw_size_);
  inflate(out.data() + before);
}

void Page::inflate(char* out) const {
  inflate_into(compressed(), out, raw_size_);
}

std::uint32_t Page::lines_of(std::size_t part) const {
  if (!has_part(part)) return 0;
  if (table_width_ == 0) return lines_each_;
  std::uint32_t lines = 0;
  std::memcpy(&lines, data() + part * table_width_, table_width_);
  return lines;
}

void Page::inflate_parts(std::string& text, std::span<std::string_view> parts) const {
  text.clear();
  inflate(text);
  const char* cursor = text.data();
  const char* const end = cursor + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const char* const next = skip_lines(cursor, end, lines_of(i));
    parts[i] = {cursor, static_cast<std::size_t>(next - cursor)};
    cursor = next;
  }
}

void intrusive_ptr_add_ref(const Page* page) {
  std::atomic_ref(page->references_).fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const Page* page) {
  if (std::atomic_ref(page->references_).fetch_sub(1, std::memory_order_acq_rel) == 1) {
    page->~Page();
    std::free(const_cast<Page*>(page));
  }
}

void Checksum::append(const Page& page) {
  crc = static_cast<std::uint32_t>(crc32_combine_op(crc, page.crc(), page.crc_operator()));
  size += page.raw_size();
}

void Checksum::append(const Checksum& other) {
  crc = static_cast<std::uint32_t>(crc32_combine(crc, other.crc, static_cast<z_off_t>(other.size)));
  size += other.size;
}

std::string_view gzip_header() {
  // Deflate, no flags, no time, no level told, from Unix.
  static constexpr char kHeader[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
  return {kHeader, sizeof kHeader - 1};
}

std::string gzip_trailer(const Checksum& checksum) {
  // An empty final block, then CRC-32 and length modulo 2^32, lowest byte first.
  std::string trailer("\x03\x00", 2);
  for (int shift = 0; shift < 32; shift += 8)
    trailer.push_back(static_cast<char>(checksum.crc >> shift & 0xff));
  for (int shift = 0; shift < 32; shift += 8)
    trailer.push_back(static_cast<char>(checksum.size >> shift & 0xff));
  return trailer;
}

std::string gzip(std::string_view text) {
  const std::span<const std::uint8_t> packed = compressor().run(text);
  Checksum checksum;
  checksum.size = text.size();
  checksum.crc = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::string out(gzip_header());
  out.append(reinterpret_cast<const char*>(packed.data()), packed.size());
  return out.append(gzip_trailer(checksum));
}

}  // namespace kubevitals::exposition
