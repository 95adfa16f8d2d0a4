#include "exposition/page.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <random>
#include <vector>

namespace kubevitals::exposition {
namespace {

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 31), Z_OK);
  std::string out(std::size_t{8} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << (stream.msg != nullptr ? stream.msg : "");
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Page, PartsComeBackAsTheyWere) {
  const std::array<std::string_view, 4> parts{"a{b=\"c\"} 1\n", "", "x 1\ny 2\n", "z 3\n"};
  const PagePtr page = Page::make(parts);
  ASSERT_TRUE(page);
  std::string text;
  std::array<std::string_view, 4> got;
  page->inflate_parts(text, got);
  EXPECT_EQ(got, parts);
  EXPECT_EQ(page->raw_size(), 23u);
}

TEST(Page, NothingIsNoPage) {
  const std::array<std::string_view, 3> parts{"", "", ""};
  EXPECT_FALSE(Page::make(parts));
  EXPECT_FALSE(Page::make(std::string_view()));
}

TEST(Page, StitchedPagesAreOneGzipStream) {
  std::mt19937 random(1);
  std::string plain;
  std::string packed(gzip_header());
  Checksum checksum;
  Checksum second_half;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::string> texts(random() % kPageParts + 1);
    for (std::string& text : texts) {
      for (unsigned lines = random() % 4; lines > 0; --lines) {
        text +=
            "family{label=\"" + std::string(random() % 40, 'v') + "\"} " + std::to_string(random()) + "\n";
      }
    }
    const std::vector<std::string_view> parts(texts.begin(), texts.end());
    const PagePtr page = Page::make(parts);
    for (const std::string& text : texts) plain += text;
    if (!page) continue;
    packed.append(page->compressed());
    (i < 100 ? checksum : second_half).append(*page);
    std::string text;
    std::vector<std::string_view> got(parts.size());
    page->inflate_parts(text, got);
    EXPECT_EQ(got, parts);
  }
  checksum.append(second_half);
  packed.append(gzip_trailer(checksum));
  EXPECT_EQ(checksum.size, plain.size());
  EXPECT_EQ(gunzip(packed), plain);
}

TEST(Page, TextThatCannotBeCompressed) {
  std::mt19937 random(2);
  std::string text;
  for (int i = 0; i < 300'000; ++i) {
    const char c = static_cast<char>(random());
    text.push_back(c == '\n' ? 'x' : c);
  }
  text.push_back('\n');
  const PagePtr page = Page::make(text);
  std::string out;
  page->inflate(out);
  EXPECT_EQ(out, text);
}

TEST(Page, AnEmptyStreamIsValid) {
  EXPECT_EQ(gunzip(std::string(gzip_header()) + gzip_trailer(Checksum())), "");
}

}  // namespace
}  // namespace kubevitals::exposition
