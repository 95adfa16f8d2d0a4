#include "discovery/kubernetes/selectors.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery::kubernetes {
namespace {

void expect_labels(bool good, std::string_view selector) {
  EXPECT_EQ(check_label_selector(selector).has_value(), good) << selector;
}
void expect_fields(bool good, std::string_view selector) {
  EXPECT_EQ(check_field_selector(selector).has_value(), good) << selector;
}

TEST(LabelSelector, TakesWhatTheApiServerTakes) {
  for (const char* selector : {"",
                               " ",
                               "app",
                               "!app",
                               " ! app ",
                               "app=web",
                               "app==web",
                               "app!=web",
                               "app=",
                               "app= ,b",
                               "a in (b)",
                               "a in (b,c)",
                               "a notin ()",
                               "a in (,)",
                               "a in (b,,c)",
                               "a in(in,notin)",
                               "in in (in)",
                               "x in (foo,,baz),y,z notin ()",
                               "example.com/tier=a.b_c-D",
                               "a>1",
                               "a<20",
                               "a = b\t,\nc",
                               "notin",
                               "a=in"}) {
    expect_labels(true, selector);
  }
}

TEST(LabelSelector, RefusesTheRest) {
  for (const char* selector :
       {",",          "a,",        "a,,b",        "=a",    "a=b=c", "a b",   "a in", "a in b", "a in (b",
        "a in (b c)", "a in (b))", "a notin (=)", "!a=b",  "!!a",   "a===b", "a=!",  "a>",     "a>b",
        "a>1.5",      "-a",        "a-=b",        "a=-b",  "a=b-",  "a/b/c", "/a",   "a/",     "A.com/b",
        "a..b/c",     "a=b/c",     "(a)",         "a=(b)", "a=ü",   "a$"}) {
    expect_labels(false, selector);
  }
  expect_labels(true, std::string(63, 'a') + "=" + std::string(63, 'b'));
  expect_labels(false, std::string(64, 'a'));
  expect_labels(false, "a=" + std::string(64, 'b'));
}

TEST(LabelSelector, SaysWhatIsWrong) {
  EXPECT_EQ(check_label_selector("a b").error().message,
            "found \"b\", expected one of in, notin, =, ==, !=, > and <");
  EXPECT_EQ(check_label_selector("a in (b").error().message,
            "found the end, expected a value, a comma or \")\"");
}

TEST(FieldSelector, TakesWhatTheApiServerTakes) {
  for (const char* selector : {"", ",", "a=b", "status.phase==Running", "a!=b,c=", "=", "a=b\\,c", "a=\\\\",
                               "a=b\\=c", "spec.nodeName=,", "a=b c", "!=x"}) {
    expect_fields(true, selector);
  }
}

TEST(FieldSelector, RefusesTheRest) {
  for (const char* selector :
       {"a", "a,b=c", "a=b=c", "a===b", "a=b\\", "a=\\n", "a in (b)", "a!b", "a=b\\,c=d"}) {
    expect_fields(false, selector);
  }
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
