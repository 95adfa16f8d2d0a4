#include "net/gzip_decoder.h"

#include <gtest/gtest.h>

#include <limits>

#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

std::string some_text() {
  std::string text;
  for (int i = 0; i < 4000; ++i) text.append(std::to_string(i * 7919)).push_back(' ');
  return text;
}

// What comes out when fed so many bytes at a time, and taken so many at a time.
Result<std::string> decode(GzipDecoder& decoder, std::string_view packed, std::size_t fed,
                           std::size_t taken) {
  std::string text;
  while (!packed.empty()) {
    decoder.feed(std::string(packed.substr(0, fed)));
    packed.remove_prefix(std::min(fed, packed.size()));
    while (true) {
      const Result<std::string> some = decoder.take(taken);
      if (!some) return some;
      EXPECT_LE(some->size(), taken);
      if (some->empty()) break;
      text.append(*some);
    }
  }
  return text;
}

TEST(GzipDecoder, PiecesOfAnySizeMakeTheSameWhole) {
  const std::string text = some_text();
  const std::string packed = gzip(text);
  for (const std::size_t fed : {std::size_t{1}, std::size_t{1000}, packed.size()}) {
    for (const std::size_t taken : {std::size_t{100}, std::size_t{16 << 10}, kAll}) {
      GzipDecoder decoder;
      EXPECT_EQ(decode(decoder, packed, fed, taken).value_or(""), text) << fed << ", " << taken;
      EXPECT_TRUE(decoder.at_end());
    }
  }
}

TEST(GzipDecoder, MembersInARowAreOneStream) {
  const std::string empty = gzip("");
  const std::string packed = gzip("one ") + empty + gzip("two ") + gzip("three") + empty;
  for (const std::size_t fed : {std::size_t{1}, std::size_t{7}, packed.size()}) {
    GzipDecoder decoder;
    EXPECT_EQ(decode(decoder, packed, fed, 3).value_or(""), "one two three");
    EXPECT_TRUE(decoder.at_end());
  }
}

TEST(GzipDecoder, MayEndOnlyBetweenMembers) {
  const std::string member = gzip("some text");
  for (std::size_t size = 0; size <= 2 * member.size(); ++size) {
    GzipDecoder decoder;
    EXPECT_TRUE(decode(decoder, (member + member).substr(0, size), 5, kAll));
    EXPECT_EQ(decoder.at_end(), size % member.size() == 0) << size;
  }
}

TEST(GzipDecoder, WhatIsMalformedStaysSo) {
  std::string flipped = gzip(some_text());
  flipped[flipped.size() / 2] ^= 0x55;
  std::string bad_checksum = gzip("some text");
  bad_checksum[bad_checksum.size() - 5] ^= 1;
  for (const std::string& packed :
       {std::string("this is not compressed"), gzip("text") + "garbage", flipped, bad_checksum}) {
    GzipDecoder decoder;
    const Result<std::string> text = decode(decoder, packed, 1000, 1000);
    EXPECT_EQ(failure_of(text), ErrorCode::kInvalid);
    decoder.feed(gzip("text"));
    EXPECT_EQ(failure_of(decoder.take(kAll)), ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace kubevitals::net
