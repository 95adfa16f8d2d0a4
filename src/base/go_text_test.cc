#include "base/go_text.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals {
namespace {

// "<value>/<bytes>", with "!" when it is not valid.
std::string decoded(std::string_view text) {
  const Rune rune = decode_rune(text);
  return std::to_string(static_cast<std::uint32_t>(rune.value)) + "/" + std::to_string(rune.bytes) +
         (rune.valid ? "" : "!");
}

TEST(GoText, DecodesTheFirstCharacter) {
  EXPECT_EQ(decoded("ab"), "97/1");
  EXPECT_EQ(decoded("\xC3\xA9x"), "233/2");
  EXPECT_EQ(decoded("\xE2\x82\xAC"), "8364/3");
  EXPECT_EQ(decoded("\xF0\x9F\x98\x80"), "128512/4");
  EXPECT_EQ(decoded(std::string_view("\0", 1)), "0/1");
}

TEST(GoText, TakesABadByteForTheReplacementCharacter) {
  EXPECT_EQ(decoded("\xC3"), "65533/1!");
  EXPECT_EQ(decoded("\x80\x80"), "65533/1!");
  EXPECT_EQ(decoded("\xC0\x80"), "65533/1!");          // longer than needed
  EXPECT_EQ(decoded("\xE0\x80\x80"), "65533/1!");      // longer than needed
  EXPECT_EQ(decoded("\xED\xA0\x80"), "65533/1!");      // a surrogate
  EXPECT_EQ(decoded("\xF4\x90\x80\x80"), "65533/1!");  // above U+10FFFF
  EXPECT_EQ(decoded("\xE2\x82g"), "65533/1!");
  EXPECT_EQ(decoded("\xEF\xBF\xBD"), "65533/3");  // this one is meant
}

TEST(GoText, MapsTheCaseOfEachCharacterByItself) {
  EXPECT_EQ(to_lower("bAr123Foo"), "bar123foo");
  EXPECT_EQ(to_upper("bAr123Foo"), "BAR123FOO");
  EXPECT_EQ(to_upper("stra\xC3\x9F"
                     "e \xC3\xA9 \xEF\xAC\x81"),
            "STRA\xC3\x9F"
            "E \xC3\x89 \xEF\xAC\x81");
  EXPECT_EQ(to_lower("\xC4\xB0"), "i");  // the dotted I
  EXPECT_EQ(to_lower("\xE2\x84\xAA"
                     "eep"),
            "keep");                                            // the sign for kelvin
  EXPECT_EQ(to_lower("\xCE\xA3\xCE\xA3"), "\xCF\x83\xCF\x83");  // no final sigma
  EXPECT_EQ(to_lower("\xC3\x89\xFF"), "\xC3\xA9\xEF\xBF\xBD");
}

TEST(GoText, KnowsLettersAndDigits) {
  EXPECT_TRUE(is_letter(U'a') && is_letter(U'\u00E9') && is_letter(U'\u4E2D') && is_letter(U'\u01C5'));
  EXPECT_FALSE(is_letter(U'1') || is_letter(U'_') || is_letter(U'\u0301') || is_letter(U'\u2160'));
  EXPECT_TRUE(is_digit(U'7') && is_digit(U'\u0663'));
  EXPECT_FALSE(is_digit(U'\u00B2') || is_digit(U'x'));
}

TEST(GoText, QuotesAsGoDoes) {
  EXPECT_EQ(go_quote("a/b"), R"("a/b")");
  EXPECT_EQ(go_quote("\"\\\n\t\x01\x7F"), R"("\"\\\n\t\x01\x7f")");
  EXPECT_EQ(go_quote("\xC3\xA9\xE2\x80\x8B\xF0\x9F\x98\x80\xF3\xA0\x80\x81"),
            "\"\xC3\xA9\\u200b\xF0\x9F\x98\x80\\U000e0001\"");
  EXPECT_EQ(go_quote("\xC2\x80\xC2\xA0\xFF"), R"("\u0080\u00a0\xff")");
}

}  // namespace
}  // namespace kubevitals
