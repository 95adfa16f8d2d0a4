// What the log is told of a mechanism that fails and works again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace kubevitals::discovery {

// A failure is told at once, and so is its end; if it goes on like that, there are no more than these two
// lines a minute, with a count. What was told last is how the mechanism is, a minute later at the latest. A
// failure that stays the same is told once. Not thread-safe.
class FailureLog final {
 public:
  static constexpr std::chrono::minutes kPeriod{1};

  struct Line {
    std::string error;         // empty: it works
    std::uint64_t untold = 0;  // failures since the last line, besides this one
  };

  // How the mechanism is now; empty: it works.
  void note(const std::string& error);

  // What is to be told now, if anything.
  std::optional<Line> take(SteadyTime now);

  // When there will be something to tell unless more is noted; max(): never.
  SteadyTime due() const;

 private:
  static constexpr int kLinesPerPeriod = 2;

  std::string now_;
  std::string told_;
  std::uint64_t untold_ = 0;  // failures since the last line
  SteadyTime period_begin_ = SteadyTime::min();
  int lines_ = 0;  // in the period
};

}  // namespace kubevitals::discovery
