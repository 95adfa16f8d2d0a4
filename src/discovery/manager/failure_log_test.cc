#include "discovery/manager/failure_log.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

using namespace std::chrono_literals;

class FailureLogTest : public testing::Test {
 protected:
  // "x", "x +2", "works", "works +2", or "" for no line.
  std::string note(const std::string& error) {
    log_.note(error);
    return take();
  }
  std::string take() {
    const auto line = log_.take(now_);
    if (!line) return "";
    return (line->error.empty() ? "works" : line->error) +
           (line->untold > 0 ? " +" + std::to_string(line->untold) : "");
  }

  FailureLog log_;
  SteadyTime now_{1h};
};

TEST_F(FailureLogTest, TellsAFailureAndItsEndAtOnce) {
  EXPECT_EQ(note(""), "");
  EXPECT_EQ(log_.due(), SteadyTime::max());
  EXPECT_EQ(note("x"), "x");
  EXPECT_EQ(note("x"), "");
  EXPECT_EQ(log_.due(), SteadyTime::max()) << "it is still the same";
  now_ += 5s;
  EXPECT_EQ(note(""), "works");
  now_ += 1h;
  EXPECT_EQ(note("y"), "y");
  EXPECT_EQ(note("z"), "z");
}

TEST_F(FailureLogTest, TellsAMechanismThatFlapsOnceAMinute) {
  int lines = 0;
  for (int i = 0; i < 600; ++i) {
    lines += note("x").empty() ? 0 : 1;
    lines += note("").empty() ? 0 : 1;
    now_ += 1s;
  }
  EXPECT_EQ(lines, 20);
}

TEST_F(FailureLogTest, CountsWhatWasNotTold) {
  EXPECT_EQ(note("x"), "x");
  EXPECT_EQ(note(""), "works");
  const SteadyTime begin = now_;
  for (int i = 0; i < 5; ++i) {
    now_ += 1s;
    EXPECT_EQ(note("x"), "");
    EXPECT_EQ(note(""), "");
  }
  EXPECT_EQ(note("y"), "");
  EXPECT_EQ(log_.due(), begin + 1min);
  now_ = begin + 1min;
  EXPECT_EQ(take(), "y +5");
  EXPECT_EQ(log_.due(), SteadyTime::max());
  EXPECT_EQ(note(""), "works");
  EXPECT_EQ(note("x"), "");
  EXPECT_EQ(note(""), "");
  now_ += 1min;
  EXPECT_EQ(take(), "works +1");
}

}  // namespace
}  // namespace kubevitals::discovery
