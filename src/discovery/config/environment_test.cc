#include "discovery/config/environment.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

std::string expanded(std::string_view text) {
  return expand_variables(text, [](const std::string& name) { return name == "$" ? "$" : "<" + name + ">"; });
}

TEST(ExpandVariables, ReplacesReferences) {
  EXPECT_EQ(expanded("a $B_1 ${c d}e"), "a <B_1> <c d>e");
  EXPECT_EQ(expanded("$a$b-"), "<a><b>-");
  EXPECT_EQ(expanded("$12"), "<1>2");
  EXPECT_EQ(expanded("${9}x"), "<9>x");
  EXPECT_EQ(expanded("foo$${bar}"), "foo${bar}");
  EXPECT_EQ(expanded("${$}"), "$");
}

TEST(ExpandVariables, LeavesWhatIsNoReference) {
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("a $ b$"), "a $ b$");
  EXPECT_EQ(expanded("$ü"), "$ü");
}

TEST(ExpandVariables, DropsWhatIsMalformed) {
  EXPECT_EQ(expanded("a${}b"), "ab");
  EXPECT_EQ(expanded("a${b"), "ab");
}

}  // namespace
}  // namespace kubevitals::discovery
