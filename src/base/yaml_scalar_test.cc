#include "base/yaml_scalar.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, EscapesWhatItHasTo) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a \"b\" \\c\n\x01\x1f\x7f é"), "\"a \\\"b\\\" \\\\c\\n\\u0001\\u001f\x7f é\"");
  EXPECT_EQ(json(std::string(1, '\0')), R"("\u0000")");
}

TEST(JsonString, WhereverItStands) {
  for (int value = 0; value < 256; ++value) {
    const std::string byte(1, static_cast<char>(value));
    const std::string escaped = json(byte).substr(1, json(byte).size() - 2);
    for (std::size_t before = 0; before <= 17; ++before) {
      for (const char filler : {'a', ' ', '!', '#', '[', ']', '\x7f', '\x80', '\xff'}) {
        const std::string text = std::string(before, filler) + byte + std::string(17 - before, filler);
        ASSERT_EQ(json(text),
                  '"' + std::string(before, filler) + escaped + std::string(17 - before, filler) + '"')
            << value << " behind " << before;
      }
    }
  }
}

}  // namespace
}  // namespace kubevitals
