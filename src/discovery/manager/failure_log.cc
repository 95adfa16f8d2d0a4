#include "discovery/manager/failure_log.h"

#include <utility>

namespace kubevitals::discovery {

void FailureLog::note(const std::string& error) {
  if (error == now_) return;
  now_ = error;
  if (!error.empty()) ++untold_;
}

std::optional<FailureLog::Line> FailureLog::take(SteadyTime now) {
  if (now < due()) return std::nullopt;
  if (lines_ == 0 || now >= period_begin_ + kPeriod) {
    period_begin_ = now;
    lines_ = 0;
  }
  ++lines_;
  told_ = now_;
  const std::uint64_t failures = std::exchange(untold_, 0);
  return Line{now_, !now_.empty() && failures > 0 ? failures - 1 : failures};
}

SteadyTime FailureLog::due() const {
  if (now_ == told_ && untold_ == 0) return SteadyTime::max();
  return lines_ < kLinesPerPeriod ? SteadyTime::min() : period_begin_ + kPeriod;
}

}  // namespace kubevitals::discovery
