// A token bucket.
#pragma once

#include <mutex>

#include "base/clock.h"
#include "net/web_config.h"

namespace kubevitals::net {

// Thread-safe. Begins with a full bucket, and anew when the limit is another one.
class RateLimiter {
 public:
  // Whether one more request may come now.
  bool allow(const RateLimit& limit, SteadyTime now);

 private:
  std::mutex mutex_;
  RateLimit limit_;
  double tokens_ = 0;
  SteadyTime filled_;
};

}  // namespace kubevitals::net
