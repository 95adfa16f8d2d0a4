#include "base/utf8.h"

#include <gtest/gtest.h>

namespace kubevitals {
namespace {

TEST(Utf8, AcceptsTheBoundsOfEachLength) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string_view("\0\x7f", 2)));
  EXPECT_TRUE(is_utf8("\xC2\x80\xDF\xBF"));
  EXPECT_TRUE(is_utf8("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"));
  EXPECT_TRUE(is_utf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
}

TEST(Utf8, RefusesWhatIsNone) {
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("\xC1\xBF"));          // overlong
  EXPECT_FALSE(is_utf8("\xE0\x9F\xBF"));      // overlong
  EXPECT_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));  // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(is_utf8("\xFF"));
  EXPECT_FALSE(is_utf8("\xE2\x82"));  // cut off
  EXPECT_FALSE(is_utf8("\xC3(\xA9"));
}

TEST(Utf8, TellsHowFarATextIsGood) {
  EXPECT_EQ(utf8_prefix("a\xC3\xA9\xFFz"), 3u);
  EXPECT_EQ(utf8_prefix("ok\xE2\x82"), 2u);
}

}  // namespace
}  // namespace kubevitals
