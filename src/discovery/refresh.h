// The loop of the mechanisms that poll.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery {

// What a polling mechanism supplies: everything there is now. A failure keeps what was found before.
class Refresher {
 public:
  virtual ~Refresher() = default;

  // Called one at a time, on the strand of the discoverer. Ends soon when its coroutine is cancelled, which
  // happens when it takes too long; what it returns then is not looked at. None of the pointers is null; of
  // several groups with the same source the last one counts.
  virtual asio::awaitable<Result<std::vector<TargetGroupPtr>>> refresh() = 0;
};

struct RefreshOptions {
  std::string mechanism;  // "http": for metrics
  Duration interval;      // greater than zero
  // A refresh that takes longer is ended and has failed; zero: the interval.
  Duration timeout{};
};

// A discoverer that refreshes at once and then once an interval, from start to start (with up to a tenth of
// it as jitter before the second, so that many mechanisms do not ask in the same moment), with a time-out,
// and counts and times what it does under Prometheus' names. Only groups that changed are passed on, and
// groups whose source is not in a result any more are removed. After a failure the next try comes sooner:
// after 1/16 of the interval, doubled each time up to the interval.
std::unique_ptr<Discoverer> make_refresh_discoverer(std::unique_ptr<Refresher> refresher,
                                                    RefreshOptions options, const DiscovererContext& context);

// Reads "refresh_interval"; complains when it is zero, at which the incumbent crashes.
void read_refresh_interval(YamlMapping& mapping, std::chrono::milliseconds& interval);

// prometheus_sd_refresh_*, which the registry of the context must have. The duration is a histogram; the
// incumbent's summary of this name would need the quantiles of each mechanism kept.
std::vector<exposition::MetricFamily> refresh_metric_families();

}  // namespace kubevitals::discovery
