#include "discovery/consul/discoverer.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/task_group.h"
#include "discovery/consul/agent.h"
#include "discovery/consul/documents.h"
#include "discovery/consul/publication.h"

namespace kubevitals::discovery::consul {
namespace {

constexpr std::chrono::seconds kRetry{15};
constexpr std::string_view kFailures = "prometheus_sd_consul_rpc_failures_total";
constexpr std::string_view kDuration = "prometheus_sd_consul_rpc_duration_seconds";
constexpr const char* kCatalog = "";  // as the name of what failed

asio::awaitable<bool> is_cancelled() {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

class ConsulDiscoverer final : public Discoverer {
 public:
  ConsulDiscoverer(const Options& options, const DiscovererContext& context,
                   std::shared_ptr<MechanismClient> client)
      : options_(options),
        clock_(context.clock),
        agent_(options, std::move(client)),
        failures_(context.metrics.metric(kFailures)),
        catalog_duration_(context.metrics.histogram(kDuration, {"catalog", "services"})),
        service_duration_(context.metrics.histogram(kDuration, {"catalog", "service"})) {}

  asio::awaitable<void> run(GroupSink& sink) override;
  std::vector<std::string> why_absent(const AbsenceQuery& query) const override;

 private:
  asio::awaitable<void> discover(TaskGroup& watchers);
  asio::awaitable<bool> find_datacenter();
  asio::awaitable<void> watch_catalog(TaskGroup& watchers);
  static asio::awaitable<void> watch_service(ConsulDiscoverer& self, std::string service);
  void take_catalog(const std::map<std::string, std::vector<std::string>>& catalog, TaskGroup& watchers);
  void start_watching(const std::string& service, TaskGroup& watchers);
  bool is_wanted(const std::string& service, const std::vector<std::string>& tags) const;
  void observe(exposition::DurationHistogram& durations, SteadyTime start) const;

  // Both return when to ask again.
  SteadyTime fail(const std::string& service, const Error& error, SteadyTime start);
  SteadyTime next_after(SteadyTime start) const { return start + options_.refresh_interval; }

  const Options options_;
  Clock& clock_;
  Agent agent_;
  const std::shared_ptr<exposition::Metric> failures_;
  const std::shared_ptr<exposition::DurationHistogram> catalog_duration_;
  const std::shared_ptr<exposition::DurationHistogram> service_duration_;

  // On the strand of run().
  std::optional<Publication> publication_;
  std::string datacenter_;
  std::map<std::string, TaskGroup::Id> watched_;
};

asio::awaitable<void> ConsulDiscoverer::run(GroupSink& sink) {
  co_await asio::this_coro::throw_if_cancelled(false);
  publication_.emplace(sink);
  TaskGroup watchers(co_await asio::this_coro::executor);
  std::exception_ptr broken;
  try {
    co_await discover(watchers);
  } catch (...) {
    broken = std::current_exception();
  }
  co_await watchers.stop();
  watched_.clear();
  publication_.reset();
  if (broken) std::rethrow_exception(broken);
}

asio::awaitable<void> ConsulDiscoverer::discover(TaskGroup& watchers) {
  if (!co_await find_datacenter()) co_return;
  if (options_.watches_catalog()) {
    co_await watch_catalog(watchers);
    co_return;
  }
  for (const std::string& service : options_.services) start_watching(service, watchers);
  publication_->begin(std::set<std::string>(options_.services.begin(), options_.services.end()));
  while (co_await clock_.sleep_for(std::chrono::hours(1))) {
  }
}

// False when it was cancelled.
asio::awaitable<bool> ConsulDiscoverer::find_datacenter() {
  datacenter_ = options_.datacenter;
  while (datacenter_.empty()) {
    Result<std::string> answer = co_await agent_.datacenter();
    if (co_await is_cancelled()) co_return false;
    if (answer) {
      datacenter_ = *answer;
      publication_->worked(kCatalog);
    } else {
      failures_->add();
      publication_->failed(kCatalog, answer.error());
      if (!co_await clock_.sleep_for(kRetry)) co_return false;
    }
  }
  co_return true;
}

asio::awaitable<void> ConsulDiscoverer::watch_catalog(TaskGroup& watchers) {
  std::uint64_t index = 0;
  while (true) {
    const SteadyTime start = clock_.now();
    SteadyTime next = next_after(start);
    Result<Reply> reply = co_await agent_.services(index);
    if (co_await is_cancelled()) co_return;
    observe(*catalog_duration_, start);
    const bool changed = reply && (reply->index == 0 || reply->index != index);
    Result<std::map<std::string, std::vector<std::string>>> catalog(Error{});
    if (changed) catalog = parse_services(reply->body);
    if (!reply) {
      next = fail(kCatalog, reply.error(), start);
      index = 0;
    } else if (changed && !catalog) {
      next = fail(kCatalog, catalog.error().wrap("cannot list Consul's services"), start);
      index = 0;
    } else {
      publication_->worked(kCatalog);
      if (changed) take_catalog(*catalog, watchers);
      index = next_index(index, reply->index);
    }
    if (!co_await clock_.sleep_until(next)) co_return;
  }
}

void ConsulDiscoverer::take_catalog(const std::map<std::string, std::vector<std::string>>& catalog,
                                    TaskGroup& watchers) {
  // A service that only lost a tag is still watched: that it has no such instances is seen there.
  std::erase_if(watched_, [&](const auto& watched) {
    if (catalog.contains(watched.first)) return false;
    watchers.cancel(watched.second);
    publication_->removed(watched.first);
    return true;
  });
  for (const auto& [service, tags] : catalog) {
    if (!watched_.contains(service) && is_wanted(service, tags)) start_watching(service, watchers);
  }
  if (publication_->begun()) return;
  std::set<std::string> services;
  for (const auto& [service, watcher] : watched_) services.insert(service);
  publication_->begin(std::move(services));
}

void ConsulDiscoverer::start_watching(const std::string& service, TaskGroup& watchers) {
  if (watched_.contains(service)) return;
  watched_.emplace(service, watchers.start(watch_service(*this, service)));
}

bool ConsulDiscoverer::is_wanted(const std::string& service, const std::vector<std::string>& tags) const {
  const auto has = [](const std::vector<std::string>& texts, const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
  };
  if (!options_.services.empty() && !has(options_.services, service)) return false;
  return std::all_of(options_.tags.begin(), options_.tags.end(),
                     [&](const std::string& tag) { return has(tags, tag); });
}

// `self` outlives its watchers: run() waits for them.
asio::awaitable<void> ConsulDiscoverer::watch_service(ConsulDiscoverer& self, std::string service) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const ServiceContext context{service, self.datacenter_, self.options_.tag_separator};
  std::uint64_t index = 0;
  while (true) {
    const SteadyTime start = self.clock_.now();
    SteadyTime next = self.next_after(start);
    Result<Reply> reply = co_await self.agent_.instances(service, index);
    // The catalog may have lost the service meanwhile: then nothing may be said of it any more.
    if (co_await is_cancelled()) co_return;
    self.observe(*self.service_duration_, start);
    const bool changed = reply && (reply->index == 0 || reply->index != index);
    Result<TargetGroupPtr> group(Error{});
    if (changed) group = parse_instances(reply->body, context);
    if (!reply) {
      next = self.fail(service, reply.error(), start);
      index = 0;
    } else if (changed && !group) {
      next = self.fail(service, group.error().wrap("cannot watch the service " + service), start);
      index = 0;
    } else {
      if (changed) {
        self.publication_->found(*group);
      } else {
        self.publication_->worked(service);
      }
      index = next_index(index, reply->index);
    }
    if (!co_await self.clock_.sleep_until(next)) co_return;
  }
}

void ConsulDiscoverer::observe(exposition::DurationHistogram& durations, SteadyTime start) const {
  durations.observe(std::chrono::duration<double>(clock_.now() - start).count());
}

// After a failure the next question is one that is answered at once: an agent that was restarted may have
// begun to count anew, and would let us wait.
SteadyTime ConsulDiscoverer::fail(const std::string& service, const Error& error, SteadyTime start) {
  failures_->add();
  publication_->failed(service, error);
  return std::max(next_after(start), clock_.now() + kRetry);
}

std::vector<std::string> ConsulDiscoverer::why_absent(const AbsenceQuery& query) const {
  std::vector<std::string> reasons;
  if (!publication_) return reasons;
  if (const Error* error = publication_->failure_of(kCatalog)) reasons.push_back(error->message);
  if (query.label.text() != "__meta_consul_service") return reasons;
  if (const Error* error = publication_->failure_of(query.value)) {
    reasons.push_back(error->message);
  } else if (reasons.empty() && !watched_.contains(query.value)) {
    reasons.push_back("the service " + query.value + " is not in Consul's catalog of datacenter " +
                      datacenter_ + ", or the options leave it out");
  }
  return reasons;
}

}  // namespace

std::unique_ptr<Discoverer> make_discoverer(const Options& options, const DiscovererContext& context,
                                            std::shared_ptr<MechanismClient> client) {
  return std::make_unique<ConsulDiscoverer>(options, context, std::move(client));
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  Result<std::shared_ptr<MechanismClient>> client = make_mechanism_client(options.http, context);
  if (!client) return client.error();
  return make_discoverer(options, context, std::move(*client));
}

}  // namespace kubevitals::discovery::consul
