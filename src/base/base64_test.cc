#include "base/base64.h"

#include <gtest/gtest.h>

namespace kubevitals {
namespace {

void round_trip(std::string_view bytes, std::string_view text) {
  EXPECT_EQ(encode_base64(bytes), text);
  EXPECT_EQ(decode_base64(text), std::string(bytes));
}

// RFC 4648 section 10.
TEST(Base64, TestVectors) {
  round_trip("", "");
  round_trip("f", "Zg==");
  round_trip("fo", "Zm8=");
  round_trip("foo", "Zm9v");
  round_trip("foob", "Zm9vYg==");
  round_trip("fooba", "Zm9vYmE=");
  round_trip("foobar", "Zm9vYmFy");
  round_trip(std::string_view("\0\xff\xfe", 3), "AP/+");
}

TEST(Base64, LineBreaksArePassedOver) {
  EXPECT_EQ(decode_base64("Zm9v\r\nYg=\n=\n"), "foob");
}

TEST(Base64, WhatIsNotBase64) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Zm9v=", "Zg==Zg==", "Z=g=", "Zm 9v", "Zm9-", "%%%%"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

TEST(Base64, AllBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  }
}

}  // namespace
}  // namespace kubevitals
