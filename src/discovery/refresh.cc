#include "discovery/refresh.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "base/deadline.h"
#include "discovery/config/duration.h"

namespace kubevitals::discovery {
namespace {

constexpr std::string_view kFailures = "prometheus_sd_refresh_failures_total";
constexpr std::string_view kDuration = "prometheus_sd_refresh_duration_seconds";

// The first wait after a failure is an interval divided by this.
constexpr int kFirstRetry = 16;
constexpr int kJitter = 10;

using Groups = std::vector<TargetGroupPtr>;

// Exceptions end here: libraries throw, and Asio does when a coroutine goes on after it was cancelled.
asio::awaitable<Result<Groups>> refresh_safely(Refresher& refresher) {
  try {
    co_return co_await refresher.refresh();
  } catch (const std::exception& exception) {
    co_return Error{ErrorCode::kInternal, exception.what()};
  }
}

std::string show(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s"
                                  : std::to_string(milliseconds) + " ms";
}

// What the sink knows.
class SentGroups {
 public:
  // What has to be passed on so that the sink knows exactly these.
  Groups changes(Groups groups) {
    std::map<std::string, TargetGroupPtr> now;
    for (TargetGroupPtr& group : groups) {
      if (group->targets.empty()) {
        now.erase(group->source);
      } else {
        now.insert_or_assign(group->source, std::move(group));
      }
    }
    Groups changed;
    for (const auto& [source, group] : now) {
      const auto before = sent_.find(source);
      if (before == sent_.end() || !before->second->equals(*group)) changed.push_back(group);
    }
    for (const auto& [source, before] : sent_) {
      if (!now.contains(source)) changed.push_back(empty_group(source));
    }
    sent_ = std::move(now);
    return changed;
  }

 private:
  std::map<std::string, TargetGroupPtr> sent_;
};

// Everything is used on the strand of run().
class RefreshDiscoverer final : public Discoverer {
 public:
  RefreshDiscoverer(std::unique_ptr<Refresher> refresher, RefreshOptions options,
                    const DiscovererContext& context)
      : refresher_(std::move(refresher)),
        options_(std::move(options)),
        clock_(context.clock),
        random_(context.random_seed) {
    const std::vector<std::string> values{options_.mechanism, context.config_name};
    for (const std::string_view family : {kFailures, kDuration}) {
      leases_.push_back(context.metrics.lease(family, values));
    }
    failures_ = context.metrics.metric(kFailures, values);
    durations_ = context.metrics.histogram(kDuration, values);
    if (options_.timeout <= Duration::zero()) options_.timeout = options_.interval;
  }

  asio::awaitable<void> run(GroupSink& sink) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (true) {
      const SteadyTime start = clock_.now();
      asio::awaitable<Result<Groups>> work = refresh_safely(*refresher_);
      std::optional<Result<Groups>> result =
          co_await finish_by(clock_, start + options_.timeout, std::move(work));
      if (co_await is_cancelled()) co_return;
      const std::chrono::duration<double> took = clock_.now() - start;
      durations_->observe(took.count());
      if (!result) result = timed_out();
      const SteadyTime next =
          *result ? succeeded(sink, *std::move(*result), start) : failed(sink, std::move(*result).error());
      if (!co_await clock_.sleep_until(next)) co_return;
    }
  }

 private:
  static asio::awaitable<bool> is_cancelled() {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
  }

  Error timed_out() const {
    return Error{ErrorCode::kTimeout, "cannot refresh: no result within " + show(options_.timeout)};
  }

  // Both return when the next refresh is due.
  SteadyTime succeeded(GroupSink& sink, Groups groups, SteadyTime start) {
    Groups changed = sent_.changes(std::move(groups));
    if (!std::exchange(answered_, true) || !changed.empty()) sink.update(std::move(changed));
    if (std::exchange(retry_, Duration::zero()) > Duration::zero()) sink.recovered();
    SteadyTime next = start + options_.interval;
    if (!std::exchange(jittered_, true)) {
      next += Duration(
          std::uniform_int_distribution<Duration::rep>(0, options_.interval.count() / kJitter)(random_));
    }
    return std::max(next, clock_.now());
  }

  SteadyTime failed(GroupSink& sink, Error error) {
    failures_->add();
    sink.failed(std::move(error));
    const Duration least = std::max(options_.interval / kFirstRetry, Duration(1));
    retry_ = std::min(std::max(least, retry_ * 2), options_.interval);
    return clock_.now() + retry_;
  }

  const std::unique_ptr<Refresher> refresher_;
  RefreshOptions options_;
  Clock& clock_;
  std::mt19937_64 random_;
  std::vector<std::shared_ptr<const void>> leases_;
  std::shared_ptr<exposition::Metric> failures_;
  std::shared_ptr<exposition::DurationHistogram> durations_;

  SentGroups sent_;
  bool answered_ = false;
  bool jittered_ = false;
  Duration retry_{};  // the wait after the last failure; zero after a success
};

}  // namespace

std::unique_ptr<Discoverer> make_refresh_discoverer(std::unique_ptr<Refresher> refresher,
                                                    RefreshOptions options,
                                                    const DiscovererContext& context) {
  return std::make_unique<RefreshDiscoverer>(std::move(refresher), std::move(options), context);
}

void read_refresh_interval(YamlMapping& mapping, std::chrono::milliseconds& interval) {
  const bool read = read_duration(mapping, "refresh_interval", interval);
  if (read && interval <= std::chrono::milliseconds::zero()) {
    mapping.complain("refresh_interval", "must be greater than zero");
  }
}

std::vector<exposition::MetricFamily> refresh_metric_families() {
  using exposition::MetricKind;
  return {
      {kFailures,
       MetricKind::kCounter,
       "Refreshes of a polling mechanism that failed.",
       {"mechanism", "config"}},
      {kDuration, MetricKind::kHistogram, "How long refreshes took.", {"mechanism", "config"}},
  };
}

}  // namespace kubevitals::discovery
