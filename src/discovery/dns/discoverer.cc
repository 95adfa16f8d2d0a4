#include "discovery/dns/discoverer.h"

#include <algorithm>
#include <utility>

#include "base/yaml_fields.h"
#include "discovery/dns/group.h"
#include "discovery/dns/resolv_conf.h"

namespace kubevitals::discovery::dns {
namespace {

// Longer than c-ares tries a reasonable search list at reasonably many servers; names that end sooner wait.
constexpr std::chrono::minutes kLongestRefresh{10};

std::vector<std::string> each_once(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::string& name : names) {
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
  }
  return result;
}

// Tells of names that could not be looked up, although no refresh has failed.
class FailureTeller final : public GroupSink {
 public:
  explicit FailureTeller(GroupSink& sink) : sink_(sink) {}

  void refreshed(const std::optional<Error>& failure) {
    const bool recovered = failure_ && !failure;
    failure_ = failure;
    if (recovered) sink_.recovered();
    tell();
  }

  void update(std::vector<TargetGroupPtr> groups) override {
    sink_.update(std::move(groups));
    tell();
  }
  void failed(Error error) override { sink_.failed(std::move(error)); }
  void recovered() override {
    if (!failure_) sink_.recovered();
  }

 private:
  void tell() {
    if (failure_) sink_.failed(*failure_);
  }

  GroupSink& sink_;
  std::optional<Error> failure_;
};

class DnsDiscoverer final : public Discoverer {
 public:
  DnsDiscoverer(std::unique_ptr<DnsRefresher> refresher, RefreshOptions options,
                const DiscovererContext& context)
      : refresher_(*refresher),
        loop_(make_refresh_discoverer(std::move(refresher), std::move(options), context)) {}

  asio::awaitable<void> run(GroupSink& sink) override {
    const auto teller = std::make_shared<FailureTeller>(sink);
    refresher_.on_end = [teller](const std::optional<Error>& failure) { teller->refreshed(failure); };
    co_await loop_->run(*teller);
  }

 private:
  DnsRefresher& refresher_;  // loop_'s
  const std::unique_ptr<Discoverer> loop_;
};

}  // namespace

DnsRefresher::DnsRefresher(const Options& options, const DiscovererContext& context,
                           ResolverSettings settings)
    : names_(each_once(options.names)),
      type_(options.type),
      port_(options.port),
      settings_(std::move(settings)),
      io_(context.io),
      lookups_(context.metrics.metric("prometheus_sd_dns_lookups_total")),
      failures_(context.metrics.metric("prometheus_sd_dns_lookup_failures_total")) {}

Result<std::vector<Candidates>> DnsRefresher::prepare(Servers& servers) const {
  const Result<std::string> text = read_text_file(settings_.resolv_conf);
  if (!text) return Error{ErrorCode::kUnavailable, "cannot find name servers: " + text.error().message};
  ResolvConf conf = parse_resolv_conf(*text);
  std::vector<Candidates> names;
  for (const std::string& name : names_) names.push_back(candidates(conf, name));
  servers.addresses = std::move(conf.servers);
  servers.port = settings_.port;
  servers.timeout = settings_.timeout;
  return names;
}

asio::awaitable<Result<std::vector<TargetGroupPtr>>> DnsRefresher::refresh() {
  Servers servers;
  Result<std::vector<Candidates>> prepared = prepare(servers);
  std::vector<Result<std::vector<Record>>> answers;
  if (prepared) {
    std::vector<Candidates> names = std::move(*prepared);
    answers = co_await look_up(io_, std::move(servers), std::move(names), type_);
  } else {
    answers.assign(names_.size(), prepared.error());
  }

  std::vector<TargetGroupPtr> groups;
  std::size_t failed = 0;
  std::optional<Error> failure;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const Result<std::vector<Record>>& answer = answers[i];
    if (!answer && answer.error().code == ErrorCode::kCancelled) co_return answer.error();
    lookups_->add();
    TargetGroupPtr& group = groups_[names_[i]];
    if (answer) {
      group = group_of(names_[i], *answer, port_);
    } else {
      failures_->add();
      if (++failed == 1) failure = answer.error();
    }
    if (group) groups.push_back(group);
  }
  if (failed > 1) failure->message += " (and " + std::to_string(failed - 1) + " more)";
  if (on_end) on_end(failure);
  co_return groups;
}

std::unique_ptr<Discoverer> make_discoverer(const Options& options, const DiscovererContext& context,
                                            ResolverSettings settings) {
  RefreshOptions refresh;
  refresh.mechanism = "dns";
  refresh.interval = options.refresh_interval;
  refresh.timeout = std::max<Duration>(options.refresh_interval, kLongestRefresh);
  auto refresher = std::make_unique<DnsRefresher>(options, context, std::move(settings));
  return std::make_unique<DnsDiscoverer>(std::move(refresher), std::move(refresh), context);
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  return make_discoverer(options, context, ResolverSettings{});
}

}  // namespace kubevitals::discovery::dns
