// How long to wait before trying again.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "base/clock.h"

namespace kubevitals::kube {

// Exponential backoff with jitter. The figures are client-go's for a reflector: 800 ms, doubled up to 30 s,
// times a random number in [1, 2), begun anew after two minutes without a failure. Not thread-safe.
class Backoff final {
 public:
  struct Options {
    Duration initial = std::chrono::milliseconds(800);
    Duration max = std::chrono::seconds(30);  // of the delay before jitter
    Duration healthy =
        std::chrono::minutes(2);  // so long without a failure, and the next delay is the first again
  };

  Backoff(Options options, std::uint64_t seed) : options_(options), random_(seed) {}

  // The delay after a failure at `now`.
  Duration next(SteadyTime now);

 private:
  Options options_;
  std::mt19937_64 random_;
  Duration delay_{};       // of the next failure, before jitter; zero: the first
  SteadyTime last_end_{};  // when the last delay was over
};

// What a Retry-After field asks for: seconds or an HTTP date (RFC 9110, 10.2.3). A date that has passed is
// zero, more than ten minutes are ten minutes; nullopt when it is neither.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

}  // namespace kubevitals::kube
