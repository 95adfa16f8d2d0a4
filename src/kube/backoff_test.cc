#include "kube/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace kubevitals::kube {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, DoublesUpToALimitWithJitter) {
  Backoff backoff({}, 1);
  SteadyTime now{};
  Duration base = 800ms;
  for (int i = 0; i < 12; ++i) {
    const Duration delay = backoff.next(now);
    EXPECT_GE(delay, base);
    EXPECT_LT(delay, 2 * base);
    base = std::min<Duration>(base * 2, 30s);
    now += delay;
  }
}

TEST(BackoffTest, BeginsAnewAfterAHealthyTime) {
  Backoff backoff({}, 1);
  SteadyTime now{};
  for (int i = 0; i < 12; ++i) {
    now += backoff.next(now);
  }
  EXPECT_GE(backoff.next(now + 119s), 30s);
  now += 119s + 60s;
  EXPECT_LT(backoff.next(now + 2min), 1600ms);
}

TEST(BackoffTest, FeedsDoNotWaitInStep) {
  std::set<Duration> delays;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    delays.insert(Backoff({}, seed).next({}));
  }
  EXPECT_GT(delays.size(), 95u);
}

TEST(RetryAfterTest, ReadsSecondsAndDates) {
  const WallTime now = std::chrono::system_clock::from_time_t(784'111'777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), 0s) << "has passed";
}

TEST(RetryAfterTest, DoesNotWaitForYears) {
  const WallTime now = std::chrono::system_clock::from_time_t(784'111'777);
  EXPECT_EQ(parse_retry_after("601", now), 10min);
  EXPECT_EQ(parse_retry_after("18446744073709551615", now), 10min);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), 10min);
  EXPECT_EQ(parse_retry_after("Tue, 06 Nov 2094 08:50:37 GMT", now), 10min);
}

TEST(RetryAfterTest, RefusesOtherText) {
  for (const char* text : {"", "-1", "1.5", "soon", "12 s", "0x10"}) {
    EXPECT_EQ(parse_retry_after(text, {}), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kubevitals::kube
