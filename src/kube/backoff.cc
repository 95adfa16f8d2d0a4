#include "kube/backoff.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace kubevitals::kube {

Duration Backoff::next(SteadyTime now) {
  if (delay_ == Duration::zero() || now - last_end_ >= options_.healthy) {
    delay_ = options_.initial;
  }
  std::uniform_real_distribution<double> jitter(1.0, 2.0);
  const auto delay = std::chrono::duration_cast<Duration>(delay_ * jitter(random_));
  delay_ = std::min(delay_ * 2, options_.max);
  last_end_ = now + delay;
  return delay;
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  // What asks for more is cut, or a slip of a proxy's clock could stop a feed for years.
  constexpr std::chrono::minutes kLongest{10};
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (!value.empty() && end == value.data() + value.size()) {
    if (error == std::errc() &&
        seconds < static_cast<std::uint64_t>(std::chrono::seconds(kLongest).count())) {
      return std::chrono::seconds(seconds);
    }
    return kLongest;
  }
  const std::time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date == -1) {
    return std::nullopt;
  }
  const auto wait = std::chrono::system_clock::from_time_t(date) - now;
  return std::clamp(std::chrono::duration_cast<Duration>(wait), Duration::zero(), Duration(kLongest));
}

}  // namespace kubevitals::kube
