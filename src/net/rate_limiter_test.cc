#include "net/rate_limiter.h"

#include <gtest/gtest.h>

namespace kubevitals::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1000s};

int allowed(RateLimiter& limiter, const RateLimit& limit, SteadyTime now) {
  int count = 0;
  while (count < 100 && limiter.allow(limit, now)) ++count;
  return count;
}

TEST(RateLimiter, WithoutAnIntervalThereIsNoLimit) {
  RateLimiter limiter;
  EXPECT_EQ(allowed(limiter, RateLimit{}, kStart), 100);
}

TEST(RateLimiter, ABurstThenOneEachInterval) {
  RateLimiter limiter;
  const RateLimit limit{100ms, 3};
  EXPECT_EQ(allowed(limiter, limit, kStart), 3);
  EXPECT_EQ(allowed(limiter, limit, kStart + 99ms), 0);
  EXPECT_EQ(allowed(limiter, limit, kStart + 101ms), 1);
  EXPECT_EQ(allowed(limiter, limit, kStart + 310ms), 2);
  EXPECT_EQ(allowed(limiter, limit, kStart + 1h), 3) << "no more than a burst is saved";
  EXPECT_EQ(allowed(limiter, limit, kStart), 0) << "threads may come late";
}

TEST(RateLimiter, AnotherLimitHoldsAtOnce) {
  RateLimiter limiter;
  EXPECT_EQ(allowed(limiter, RateLimit{1h, 1}, kStart), 1);
  EXPECT_EQ(allowed(limiter, RateLimit{1h, 5}, kStart), 5);
  EXPECT_EQ(allowed(limiter, RateLimit{}, kStart), 100);
}

}  // namespace
}  // namespace kubevitals::net
