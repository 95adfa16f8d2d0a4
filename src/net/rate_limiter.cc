#include "net/rate_limiter.h"

#include <algorithm>

namespace kubevitals::net {

bool RateLimiter::allow(const RateLimit& limit, SteadyTime now) {
  if (limit.interval.count() <= 0) return true;
  const std::lock_guard lock(mutex_);
  if (!(limit == limit_)) {
    limit_ = limit;
    tokens_ = limit.burst;
    filled_ = now;
  }
  const std::chrono::duration<double> passed = now - filled_;
  const std::chrono::duration<double> interval = limit.interval;
  tokens_ = std::min<double>(limit.burst, tokens_ + std::max(passed / interval, 0.0));
  filled_ = std::max(filled_, now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace kubevitals::net
