#include "discovery/manager/manager.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iterator>
#include <map>
#include <utility>

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/run_on.h"
#include "discovery/manager/job.h"
#include "discovery/manager/provider.h"

namespace kubevitals::discovery {

namespace {

// The interval after a quiet time, as a share of the throttle; it is doubled with each publication, the first
// one included.
constexpr int kFirstShare = 100;

}  // namespace

using JobSpecs = std::vector<std::shared_ptr<const JobSpec>>;

// Everything but snapshot() and published() on the strand.
class Manager::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  Impl(ManagerOptions options, DiscovererContext context)
      : options_(std::move(options)),
        context_(std::move(context)),
        strand_(asio::make_strand(context_.workers)),
        dirty_(strand_, SteadyTime::max()),
        ended_(strand_, SteadyTime::max()),
        last_publication_(context_.clock.now() - options_.throttle),
        received_(metric("prometheus_sd_received_updates_total")),
        sent_(metric("prometheus_sd_updates_total")),
        failed_configs_(metric("prometheus_sd_failed_configs")) {
    metric("prometheus_sd_updates_delayed_total");
  }

  void start() {
    publishing_ = true;
    auto ended = [self = shared_from_this()](const std::exception_ptr& exception) {
      if (exception) spdlog::error("the {} manager's publications ended unexpectedly", self->options_.name);
      self->publishing_ = false;
      self->ended_.cancel();
    };
    auto publish = publish_changes();
    asio::co_spawn(strand_, std::move(publish),
                   asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
  }

  asio::awaitable<void> apply(JobSpecs specs) {
    const auto self = shared_from_this();
    take_updates();
    publish_providers();
    std::vector<std::unique_ptr<Job>> before = std::exchange(jobs_, {});
    std::vector<std::shared_ptr<Provider>> old_providers = std::exchange(providers_, {});
    double failed = 0;
    for (std::shared_ptr<const JobSpec>& spec : specs) {
      const auto same = std::find_if(before.begin(), before.end(),
                                     [&](const auto& job) { return job && job->spec().equals(*spec); });
      if (same != before.end()) {
        keep(**same);
        failed += static_cast<double>(snapshot_of(spec->name)->failed_sources.size());
        jobs_.push_back(std::move(*same));
        continue;
      }
      failed += make_job(std::move(spec), old_providers);
    }
    failed_configs_->set(failed);
    publish_jobs(before);
    for (const auto& provider : old_providers) {
      if (!is_used(*provider)) co_await provider->stop();
    }
  }

  asio::awaitable<void> stop() {
    const auto self = shared_from_this();
    stopping_ = true;
    cancel_.emit(asio::cancellation_type::all);
    boost::system::error_code ignored;
    while (publishing_) co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    jobs_.clear();
    for (const auto& provider : std::exchange(providers_, {})) co_await provider->stop();
    published_.notify();
  }

  Job* find(std::string_view name) {
    const auto found =
        std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->spec().name == name; });
    return found == jobs_.end() ? nullptr : found->get();
  }

  const Strand& strand() const { return strand_; }

  // From any thread.
  std::shared_ptr<const Snapshot> snapshot() const {
    const MutexLock lock(mutex_);
    return snapshot_;
  }
  ChangeSignal& published() { return published_; }

 private:
  std::shared_ptr<exposition::Metric> metric(std::string_view family) const {
    return context_.metrics.metric(family, {options_.name});
  }
  std::shared_ptr<exposition::Metric> metric(std::string_view family, const std::string& job) const {
    return context_.metrics.metric(family, {options_.name, job});
  }

  void keep(const Job& job) {
    for (const auto& provider : job.providers()) use(provider);
  }
  void use(const std::shared_ptr<Provider>& provider) {
    if (!is_used(*provider)) providers_.push_back(provider);
  }
  bool is_used(const Provider& provider) const {
    return std::any_of(providers_.begin(), providers_.end(),
                       [&](const auto& used) { return used.get() == &provider; });
  }

  // How many of its mechanisms could not be made.
  double make_job(std::shared_ptr<const JobSpec> spec,
                  const std::vector<std::shared_ptr<Provider>>& old_providers) {
    std::vector<std::shared_ptr<Provider>> providers;
    std::vector<std::string> failures;
    for (const JobSpec::Source& source : spec->sources) {
      Result<std::shared_ptr<Provider>> provider = provide(source, spec->name, old_providers);
      if (!provider) {
        spdlog::error("job {}: {}", spec->name, provider.error().message);
        failures.push_back(provider.error().message);
      } else if (std::find(providers.begin(), providers.end(), *provider) == providers.end()) {
        use(*provider);
        providers.push_back(std::move(*provider));
      }
    }
    if (!spec->static_groups.empty() || providers.empty()) {
      auto provider = make_provider("static", nullptr);
      provider->set_static(spec->static_groups);
      provider->publish();
      use(provider);
      providers.push_back(std::move(provider));
    }
    const auto before = snapshot_of(spec->name);
    auto changed = before ? before->changed : std::make_shared<ChangeSignal>();
    const double failed = static_cast<double>(failures.size());
    auto job =
        std::make_unique<Job>(std::move(spec), std::move(providers), std::move(failures), std::move(changed));
    job->follow_all(before.get());
    changed_jobs_[job->spec().name] = job->publish(context_.clock.wall_now());
    jobs_.push_back(std::move(job));
    return failed;
  }

  static std::shared_ptr<Provider> find_equal(const std::vector<std::shared_ptr<Provider>>& providers,
                                              const JobSpec::Source& source) {
    for (const auto& provider : providers) {
      if (provider->options() && provider->options()->equals(*source.options)) return provider;
    }
    return nullptr;
  }

  Result<std::shared_ptr<Provider>> provide(const JobSpec::Source& source, const std::string& job,
                                            const std::vector<std::shared_ptr<Provider>>& old_providers) {
    if (auto provider = find_equal(providers_, source)) return provider;
    if (auto provider = find_equal(old_providers, source)) return provider;
    auto provider = make_provider(source.mechanism, source.options);
    DiscovererContext context = context_;
    context.config_name = job;
    context.random_seed = context_.random_seed + next_provider_;
    if (Result<void> started = provider->start(context); !started) {
      return started.error().wrap("cannot discover with " + source.mechanism);
    }
    return provider;
  }

  std::shared_ptr<Provider> make_provider(const std::string& mechanism, DiscovererOptionsPtr options) {
    auto wake = [weak = weak_from_this(), strand = strand_] {
      asio::post(strand, [weak] {
        if (const auto self = weak.lock()) self->wake();
      });
    };
    return std::make_shared<Provider>(mechanism + "/" + std::to_string(next_provider_++), mechanism,
                                      std::move(options), strand_, context_.clock, std::move(wake));
  }

  std::shared_ptr<const JobSnapshot> snapshot_of(const std::string& job) const {
    return snapshot()->find(job);
  }

  void wake() {
    woken_ = true;
    dirty_.cancel_one();
  }

  // Until a provider has something, which may have been before.
  asio::awaitable<bool> woken() {
    boost::system::error_code ignored;
    co_await asio::this_coro::throw_if_cancelled(false);
    if (!woken_) co_await dirty_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return woken_;
  }

  // Until cancelled: waits for updates, and publishes them when the throttle allows.
  asio::awaitable<void> publish_changes() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
      woken_ = false;
      const bool any = take_updates();
      const SteadyTime log_due = write_logs();
      if (!any) {
        auto change = woken();
        co_await finish_by(context_.clock, log_due, std::move(change));
        continue;
      }
      const SteadyTime due = next_publication();
      if (due > context_.clock.now() && !co_await context_.clock.sleep_until(due)) continue;
      take_updates();
      last_publication_ = context_.clock.now();
      interval_ = std::min<Duration>(2 * interval_, options_.throttle);
      publish_providers();
      publish_jobs({});
      // apply() and stop() get their turn, however fast updates come.
      co_await asio::post(asio::use_awaitable);
    }
  }

  // When the next line is due.
  SteadyTime write_logs() {
    SteadyTime due = SteadyTime::max();
    for (const auto& provider : providers_) due = std::min(due, provider->write_log());
    return due;
  }

  // After a quiet time at once; what follows soon after waits a little, and the longer the longer it goes on.
  // What happens to one object is often several changes within a second, and all of them should be seen.
  SteadyTime next_publication() {
    if (context_.clock.now() - last_publication_ >= options_.throttle)
      interval_ = options_.throttle / kFirstShare;
    return last_publication_ + interval_;
  }

  bool take_updates() {
    bool any = false;
    for (const auto& provider : providers_) {
      if (!provider->take()) continue;
      any = true;
      received_->add();
    }
    return any;
  }

  void publish_providers() {
    for (const auto& provider : providers_) {
      const auto before = provider->snapshot();
      const Provider::Changes changes = provider->publish();
      if (provider->snapshot() == before) continue;
      for (const auto& job : jobs_) {
        if (job->follow(*provider, changes)) changed_jobs_[job->spec().name] = nullptr;
      }
    }
    for (const auto& job : jobs_) {
      const auto changed = changed_jobs_.find(job->spec().name);
      if (changed != changed_jobs_.end()) changed->second = job->publish(context_.clock.wall_now());
    }
  }

  // `gone`: jobs that were there before; those that still are have been taken out.
  void publish_jobs(const std::vector<std::unique_ptr<Job>>& gone) {
    const auto before = snapshot();
    auto next = std::make_shared<Snapshot>();
    const double now = std::chrono::duration<double>(context_.clock.wall_now().time_since_epoch()).count();
    for (const auto& job : jobs_) {
      const auto changed = changed_jobs_.find(job->spec().name);
      next->jobs.push_back(changed == changed_jobs_.end() ? before->find(job->spec().name) : changed->second);
      metric("prometheus_sd_discovered_targets", job->spec().name)->set(discovered(*next->jobs.back()));
      metric("prometheus_sd_last_update_timestamp_seconds", job->spec().name)->set(now);
    }
    {
      const MutexLock lock(mutex_);
      snapshot_ = next;
    }
    sent_->add();
    for (const auto& job : gone) {
      if (job && find(job->spec().name) == nullptr) forget(job->spec().name, *before);
    }
    for (const auto& [name, job] : std::exchange(changed_jobs_, {})) job->changed->notify();
    published_.notify();
  }

  void forget(const std::string& name, const Snapshot& before) {
    context_.metrics.remove("prometheus_sd_discovered_targets", {options_.name, name});
    context_.metrics.remove("prometheus_sd_last_update_timestamp_seconds", {options_.name, name});
    if (const auto job = before.find(name)) job->changed->notify();
  }

  static double discovered(const JobSnapshot& job) {
    std::uint64_t targets = 0;
    for (const JobSnapshot::Part& part : job.parts) targets += part.provider->targets;
    return static_cast<double>(targets);
  }

  const ManagerOptions options_;
  const DiscovererContext context_;
  const Strand strand_;
  asio::steady_timer dirty_;  // cancelled when a provider has something
  bool woken_ = false;        // a provider has had something since the last look
  asio::cancellation_signal cancel_;
  asio::steady_timer ended_;
  bool publishing_ = false;
  bool stopping_ = false;
  SteadyTime last_publication_;
  Duration interval_{};  // from the last publication to the next one
  std::uint64_t next_provider_ = 0;

  std::vector<std::shared_ptr<Provider>> providers_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::map<std::string, std::shared_ptr<const JobSnapshot>> changed_jobs_;  // since the last publication

  const std::shared_ptr<exposition::Metric> received_;
  const std::shared_ptr<exposition::Metric> sent_;
  const std::shared_ptr<exposition::Metric> failed_configs_;

  ChangeSignal published_;
  mutable Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ GUARDED_BY(mutex_) = std::make_shared<const Snapshot>();
};

Manager::Manager(ManagerOptions options, DiscovererContext context)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(context))) {
  impl_->start();
}
Manager::~Manager() = default;

asio::awaitable<void> Manager::apply(JobSpecs jobs) {
  auto applied = impl_->apply(std::move(jobs));
  co_await asio::co_spawn(impl_->strand(), std::move(applied), asio::use_awaitable);
}

std::shared_ptr<const Snapshot> Manager::snapshot() const {
  return impl_->snapshot();
}

ChangeSignal& Manager::published() const {
  return impl_->published();
}

asio::awaitable<std::vector<std::string>> Manager::why_absent(std::string job, AbsenceQuery query) const {
  auto work = [impl = impl_, job = std::move(job)] {
    const Job* found = impl->find(job);
    return found == nullptr ? std::vector<std::shared_ptr<Provider>>() : found->providers();
  };
  const asio::any_io_executor strand = impl_->strand();
  auto asked = run_on(strand, std::move(work));
  const std::vector<std::shared_ptr<Provider>> providers = co_await std::move(asked);
  std::vector<std::string> reasons;
  for (const auto& provider : providers) {
    auto asking = provider->why_absent(query);
    std::vector<std::string> known = co_await std::move(asking);
    reasons.insert(reasons.end(), std::make_move_iterator(known.begin()),
                   std::make_move_iterator(known.end()));
  }
  co_return reasons;
}

asio::awaitable<void> Manager::stop() {
  auto stopped = impl_->stop();
  co_await asio::co_spawn(impl_->strand(), std::move(stopped), asio::use_awaitable);
}

std::vector<exposition::MetricFamily> Manager::metric_families() {
  using exposition::MetricKind;
  return {
      {"prometheus_sd_discovered_targets",
       MetricKind::kGauge,
       "Targets before relabelling.",
       {"name", "config"}},
      {"prometheus_sd_failed_configs", MetricKind::kGauge, "Mechanisms that could not be started.", {"name"}},
      {"prometheus_sd_last_update_timestamp_seconds",
       MetricKind::kGauge,
       "When a job's targets were published last.",
       {"name", "config"}},
      {"prometheus_sd_received_updates_total",
       MetricKind::kCounter,
       "Updates taken over from mechanisms.",
       {"name"}},
      {"prometheus_sd_updates_delayed_total",
       MetricKind::kCounter,
       "Updates that could not be handed on at once: never, here.",
       {"name"}},
      {"prometheus_sd_updates_total", MetricKind::kCounter, "Publications.", {"name"}},
  };
}

}  // namespace kubevitals::discovery
