#include "usage/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "base/task_group.h"
#include "net/http_server.h"
#include "net/self_signed.h"
#include "usage/api/auth/allowed_users.h"
#include "usage/api/auth/delegated.h"
#include "usage/api/usage_endpoint.h"
#include "usage/manager/kubelet_fetcher.h"
#include "usage/manager/manager.h"
#include "usage/own_metrics.h"
#include "usage/sinks/metric/metric_sink.h"
#include "usage/sinks/sinks_manager.h"
#include "usage/store/usage_store.h"

namespace kubevitals::usage {
namespace {

// The incumbents': the Model API takes lists of pods in the path.
constexpr std::size_t kMaxHeaderBytes = 1 << 20;

using namespace std::chrono_literals;
using net::ServerRequest;
using net::ServerResponse;

// How long requests under way may take when the program stops.
constexpr auto kGrace = 2s;
// How often it is looked whose certificates are believed.
constexpr auto kAuthenticationRefresh = 60s;
constexpr auto kAuthenticationRetry = 5s;

ScraperOptions scraper_options(const ServiceOptions& options) {
  ScraperOptions result;
  result.timeout = std::min(options.request_timeout, options.resolution / 2);
  result.spread = std::min<std::chrono::milliseconds>(4s, options.resolution / 4);
  return result;
}

bool asks_unready(const ServiceOptions& options) {
  return options.source.type->address_rule == AddressRule::kPreferredTypes;
}

ManagerOptions manager_options(const ServiceOptions& options) {
  ManagerOptions result;
  result.resolution = options.resolution;
  result.scrape_offset = options.scrape_offset;
  result.ask_unready = asks_unready(options);
  result.scrape_news = asks_unready(options);
  result.only_blocks = options.disable_metric_sink && options.sinks.empty();
  return result;
}

}  // namespace

// Handlers hold it while they run. Everything is started and stopped on the strand.
class Service::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& api, Clock& clock,
       ServiceOptions options, kube::Feeds* feeds)
      : io_(io),
        workers_(workers),
        api_(api),
        clock_(clock),
        options_(std::move(options)),
        own_feeds_(feeds == nullptr ? std::make_unique<kube::Feeds>(workers, api, clock, options_.feeds,
                                                                    std::random_device()())
                                    : nullptr),
        feeds_(feeds == nullptr ? *own_feeds_ : *feeds),
        strand_(asio::make_strand(io)),
        directory_(options_.source.host_id_annotation),
        store_(clock, options_.resolution),
        metric_sink_(directory_),
        fetcher_(io, clock, options_.source, options_.through_api_server ? &api : nullptr),
        scraper_(strand_, workers, clock, fetcher_, *options_.source.type, scraper_options(options_)),
        manager_(strand_, workers, clock, directory_, scraper_, manager_options(options_), outputs()),
        tasks_(strand_) {}

  asio::awaitable<Result<void>> start() {
    const SinkContext context{io_, workers_, clock_, options_.labels, options_.export_timeout};
    Result<std::unique_ptr<SinkManager>> sinks = SinkManager::make(options_.sinks, context, {});
    if (!sinks) co_return sinks.error();
    sinks_ = std::move(*sinks);
    if (Result<void> listening = listen(); !listening) co_return listening;
    sinks_->start();
    started_ = clock_.now();
    scraper_.on_scraped = [this](double seconds, bool succeeded) {
      durations_.observe(seconds);
      ++(succeeded ? succeeded_scrapes_ : failed_scrapes_);
    };
    directory_.on_news([this](const std::string& node) { manager_.on_news(node); });
    const auto all = [](const kube::ResourceType& type) { return kube::WatchScope{type, {}, {}, {}}; };
    kube::WatchScope nodes = all(kube::kNodes);
    nodes.label_selector = options_.node_selector;
    subscriptions_.push_back(feeds_.subscribe<kube::Pod>(all(kube::kPods), directory_.pod_subscriber()));
    subscriptions_.push_back(feeds_.subscribe<kube::Node>(nodes, directory_.node_subscriber()));
    subscriptions_.push_back(
        feeds_.subscribe<kube::Namespace>(all(kube::kNamespaces), directory_.namespace_subscriber()));
    auto begin = [](std::shared_ptr<Impl> self) -> asio::awaitable<void> {
      self->tasks_.start(self->manager_.run());
      if (self->delegated_) self->tasks_.start(self->follow_authentication());
      co_return;
    };
    auto beginning = begin(shared_from_this());
    co_await asio::co_spawn(strand_, std::move(beginning), asio::use_awaitable);
    co_return Result<void>();
  }

  asio::awaitable<void> stop(std::chrono::milliseconds grace) {
    const auto self = shared_from_this();
    auto end = [](std::shared_ptr<Impl> impl) -> asio::awaitable<void> { co_await impl->tasks_.stop(); };
    auto ending = end(self);
    co_await asio::co_spawn(strand_, std::move(ending), asio::use_awaitable);
    if (sinks_) {
      auto flushing = sinks_->stop(grace);
      co_await std::move(flushing);
    }
    if (server_) co_await server_->stop(kGrace);
    if (secure_server_) co_await secure_server_->stop(kGrace);
    subscriptions_.clear();
    if (own_feeds_) co_await own_feeds_->stop();
  }

  std::uint16_t port() const { return server_->port(); }
  std::uint16_t secure_port() const { return secure_server_ ? secure_server_->port() : 0; }

 private:
  ManagerOutputs outputs() {
    ManagerOutputs result;
    result.block = [this](std::shared_ptr<const NodeBlock> block) { store_.put(std::move(block)); };
    result.batch = [this](const std::shared_ptr<const Batch>& batch) {
      if (!options_.disable_metric_sink) metric_sink_.store(batch, to_nanos(clock_.wall_now()));
      sinks_->offer(batch);
    };
    result.nodes = [this](const std::vector<std::shared_ptr<const NodeRecord>>& nodes) {
      forget_others(nodes);
    };
    return result;
  }

  void forget_others(const std::vector<std::shared_ptr<const NodeRecord>>& nodes) {
    for (const auto& usage : store_.snapshot()) {
      const std::string& name = usage->block->info->name;
      const auto found =
          std::lower_bound(nodes.begin(), nodes.end(), name,
                           [](const auto& node, const std::string& key) { return node->info->name < key; });
      if (found == nodes.end() || (*found)->info->name != name) store_.remove(name);
    }
  }

  UsageEndpointSources endpoint_sources(std::shared_ptr<Gate> gate) {
    UsageEndpointSources sources;
    sources.metrics.store = &store_;
    sources.metrics.directory = &directory_;
    sources.metrics.clock = &clock_;
    sources.metrics.trouble = [this](std::string_view node) { return trouble(node); };
    if (!options_.disable_metric_sink) sources.sink = &metric_sink_;
    sources.disable_export = options_.disable_export;
    sources.labels = options_.labels;
    sources.own_metrics = [this] { return own_metrics(); };
    sources.nodes = [this] {
      return nodes_document(*directory_.nodes(), scraper_.states(), asks_unready(options_));
    };
    sources.version = options_.version;
    sources.late = [this] { return late(); };
    if (options_.secure && options_.secure->needs_config_map &&
        options_.secure->delegated.reads_config_map()) {
      sources.authentication = [this] { return delegated_->trouble(); };
    }
    if (sinks_) sources.sinks = [this] { return sinks_->health(); };
    sources.gate = std::move(gate);
    return sources;
  }

  Result<void> listen() {
    if (options_.secure) {
      delegated_ = std::make_shared<DelegatedGate>(api_, clock_, options_.secure->delegated);
      if (Result<void> read = delegated_->read_files(); !read) return read;
    }
    std::shared_ptr<Gate> gate;
    net::ServerOptions options;
    options.address = options_.host;
    options.port = options_.port;
    options.max_header_bytes = kMaxHeaderBytes;
    options.web = options_.web;
    options.tls_certificate = options_.tls_certificate;
    options.tls_key = options_.tls_key;
    if (!options_.client_ca.empty()) {
      // Everybody may connect, for probes have no certificate; the gate looks at what is shown.
      auto authorities = net::CertificateAuthorities::create(options_.client_ca);
      if (!authorities) return authorities.error().wrap("--tls-client-ca");
      gate = std::make_shared<AllowedUsers>(std::move(*authorities), options_.allowed_users);
      options.ask_for_client_certificate = true;
    }
    endpoint_ = std::make_unique<UsageEndpoint>(endpoint_sources(std::move(gate)), workers_);
    server_ = std::make_unique<net::HttpServer>(io_, options, handler(&Impl::answer));
    if (Result<void> started = server_->start(); !started) return started;
    return options_.secure ? listen_securely(*options_.secure) : Result<void>();
  }

  Result<void> listen_securely(const SecurePortOptions& secure) {
    net::ServerOptions options;
    options.address = secure.host;
    options.port = secure.port;
    options.max_header_bytes = kMaxHeaderBytes;
    options.web = secure.certificate;
    if (!options.web) {
      options.ask_for_client_certificate = true;
      Result<net::KeyPair> pair = net::make_self_signed_certificate({}, "kubevitals");
      if (!pair) return pair.error().wrap("cannot make a certificate for the secure port");
      options.tls_certificate = pair->certificate;
      options.tls_key = pair->key;
    }
    secure_endpoint_ = std::make_unique<UsageEndpoint>(endpoint_sources(delegated_), workers_);
    secure_server_ = std::make_unique<net::HttpServer>(io_, options, handler(&Impl::answer_securely));
    return secure_server_->start();
  }

  // The front proxy and the clients' authorities are known once the API server has told them; they are
  // followed, as are the files with the rest.
  asio::awaitable<void> follow_authentication() {
    co_await asio::this_coro::throw_if_cancelled(false);
    bool going = true;
    std::string complaint;
    while (going) {
      auto loading = delegated_->load();
      const Result<void> loaded = co_await std::move(loading);
      if (!loaded && loaded.error().message != complaint) {
        complaint = loaded.error().message;
        spdlog::warn("cannot learn whom to believe at the secure port: {}", complaint);
      } else if (loaded) {
        complaint.clear();
      }
      going = co_await clock_.sleep_for(loaded ? Duration(kAuthenticationRefresh)
                                               : Duration(kAuthenticationRetry));
    }
  }

  // The servers belong to this object, which must not keep itself alive by them.
  using Answer = asio::awaitable<ServerResponse> (*)(std::shared_ptr<const Impl>, ServerRequest);
  net::Handler handler(Answer function) {
    return [weak = weak_from_this(), function](ServerRequest request) {
      return function(weak.lock(), std::move(request));
    };
  }

  static asio::awaitable<ServerResponse> answer(std::shared_ptr<const Impl> self, ServerRequest request) {
    if (!self) co_return ServerResponse::text(503, "stopping\n");
    auto answered = self->answer_at(*self->endpoint_, std::move(request));
    co_return co_await std::move(answered);
  }
  static asio::awaitable<ServerResponse> answer_securely(std::shared_ptr<const Impl> self,
                                                         ServerRequest request) {
    if (!self) co_return ServerResponse::text(503, "stopping\n");
    auto answered = self->answer_at(*self->secure_endpoint_, std::move(request));
    co_return co_await std::move(answered);
  }

  asio::awaitable<ServerResponse> answer_at(const UsageEndpoint& endpoint, ServerRequest request) const {
    auto answered = endpoint.answer(std::move(request));
    co_return co_await std::move(answered);
  }

  // What an API may say about a node that has no values.
  std::string trouble(std::string_view name) const {
    const std::shared_ptr<const NodeRecord> node = directory_.find_node(name);
    if (!node) return fmt::format("there is no node {}", name);
    const std::optional<NodeScrape> scrape = scraper_.state(std::string(name));
    if (!scrape) {
      return node->ready || asks_unready(options_) ? fmt::format("node {} was not asked yet", name)
                                                   : fmt::format("node {} is not ready", name);
    }
    return scrape->error ? scrape->error->message : std::string();
  }

  // No cycle has begun although one should have, as metrics-server has it.
  std::string late() const {
    const std::optional<SteadyTime> begin = manager_.figures().last_begin;
    const Duration age = clock_.now() - begin.value_or(started_ + options_.scrape_offset);
    if (age < options_.resolution * 3 / 2) return {};
    if (!directory_.synced()) return "the API server's lists are not complete";
    if (!begin) return "no scrape cycle has begun yet";
    return fmt::format("the last scrape cycle began {} s ago",
                       std::chrono::floor<std::chrono::seconds>(age).count());
  }

  std::string own_metrics() const {
    OwnMetrics metrics;
    metrics.version = options_.version;
    metrics.source = options_.source.type->name;
    metrics.cycles = manager_.figures();
    metrics.succeeded_scrapes = succeeded_scrapes_;
    metrics.failed_scrapes = failed_scrapes_;
    metrics.nodes = scraper_.states();
    metrics.scrape_durations = &durations_;
    metrics.directory = directory_.figures();
    metrics.feeds = feeds_.stats();
    metrics.now = clock_.now();
    exposition::MetricWriter writer;
    write_own_metrics(writer, metrics);
    sinks_->write_metrics(writer);
    exposition::write_process_metrics(writer);
    return writer.take();
  }

  const asio::any_io_executor io_;
  const asio::any_io_executor workers_;
  kube::ApiTransport& api_;
  Clock& clock_;
  const ServiceOptions options_;
  const std::unique_ptr<kube::Feeds> own_feeds_;  // null: they are somebody else's
  kube::Feeds& feeds_;
  const asio::any_io_executor strand_;

  // With synchronisation of their own.
  Directory directory_;
  UsageStore store_;
  MetricSink metric_sink_;
  KubeletFetcher fetcher_;
  Scraper scraper_;
  Manager manager_;
  exposition::DurationHistogram durations_;
  std::atomic<std::uint64_t> succeeded_scrapes_{0};
  std::atomic<std::uint64_t> failed_scrapes_{0};

  // Constant once started.
  std::unique_ptr<SinkManager> sinks_;
  std::shared_ptr<DelegatedGate> delegated_;
  std::unique_ptr<UsageEndpoint> endpoint_;
  std::unique_ptr<UsageEndpoint> secure_endpoint_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::HttpServer> secure_server_;
  std::vector<std::unique_ptr<kube::Subscription>> subscriptions_;
  SteadyTime started_;

  TaskGroup tasks_;  // used on the strand
};

Service::Service(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& api,
                 Clock& clock, ServiceOptions options, kube::Feeds* feeds)
    : impl_(
          std::make_shared<Impl>(std::move(io), std::move(workers), api, clock, std::move(options), feeds)) {}
Service::~Service() = default;
asio::awaitable<Result<void>> Service::start() {
  return impl_->start();
}
asio::awaitable<void> Service::stop(std::chrono::milliseconds grace) {
  return impl_->stop(grace);
}
std::uint16_t Service::port() const {
  return impl_->port();
}
std::uint16_t Service::secure_port() const {
  return impl_->secure_port();
}

}  // namespace kubevitals::usage
