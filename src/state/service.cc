#include "state/service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "net/http_server.h"
#include "net/profile_endpoint.h"
#include "state/endpoints.h"
#include "state/exposition.h"

namespace kubevitals::state {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using namespace std::chrono_literals;

// How long requests under way may take when the program stops.
constexpr auto kGrace = 2s;
// How often the feeds' states are looked at for the log.
constexpr auto kReportInterval = 250ms;

}  // namespace

// Handlers and the report hold it while they run.
class Service::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& transport, Clock& clock,
       ServiceOptions options, kube::Feeds* feeds)
      : io_(std::move(io)),
        workers_(std::move(workers)),
        transport_(transport),
        clock_(clock),
        options_(std::move(options)),
        scrapes_(std::make_shared<ScrapeMetrics>()),
        own_feeds_(feeds == nullptr ? std::make_unique<kube::Feeds>(workers_, transport, clock,
                                                                    options_.feeds, std::random_device()())
                                    : nullptr),
        feeds_(feeds == nullptr ? *own_feeds_ : *feeds),
        strand_(asio::make_strand(io_)),
        report_ended_(strand_, SteadyTime::max()) {}

  Result<void> start() {
    make_stores();
    if (Result<void> listening = listen(); !listening) return listening;
    for (const Attachment& attachment : attachments_) {
      subscriptions_.push_back(attachment.selected->resource->attach(feeds_, attachment.scope,
                                                                     *attachment.selected, attachment.store));
    }
    reporting_ = true;
    auto ended = [self = shared_from_this()](const std::exception_ptr& exception) {
      if (exception) spdlog::error("the report of the feeds' states ended unexpectedly");
      self->reporting_ = false;
      self->report_ended_.cancel();
    };
    asio::co_spawn(strand_, report(), asio::bind_cancellation_slot(stop_report_.slot(), std::move(ended)));
    return {};
  }

  asio::awaitable<void> stop() {
    auto end = end_report();
    co_await asio::co_spawn(strand_, std::move(end), asio::use_awaitable);
    if (main_) co_await main_->stop(kGrace);
    if (telemetry_) co_await telemetry_->stop(100ms);
    subscriptions_.clear();
    if (own_feeds_) co_await own_feeds_->stop();
  }

  std::uint16_t port() const { return main_->port(); }
  std::uint16_t telemetry_port() const { return telemetry_->port(); }

  Readiness readiness() const { return readiness_of(scopes_, feeds_.stats()); }

 private:
  struct Attachment {
    const SelectedResource* selected = nullptr;
    kube::WatchScope scope;
    std::shared_ptr<TextStore> store;
  };

  void make_stores() {
    std::vector<ResourceStores> resources;
    for (const SelectedResource& selected : options_.resources) {
      ResourceStores entry;
      entry.selected = selected;
      for (const kube::WatchScope& scope : scopes_of(*selected.resource, options_.scope)) {
        auto store = std::make_shared<TextStore>(selected.families.size());
        entry.stores.push_back(store);
        attachments_.push_back({&selected, scope, std::move(store)});
        scopes_.push_back(scope);
      }
      resources.push_back(std::move(entry));
    }
    exposition_ = std::make_unique<Exposition>(workers_, std::move(resources));
    main_endpoint_ = std::make_unique<MainEndpoint>(*exposition_, transport_, scrapes_, options_.version);
    telemetry_endpoint_ = std::make_unique<TelemetryEndpoint>(
        [this] { return telemetry(); }, [this] { return readiness(); }, scrapes_, options_.version);
  }

  Result<void> listen() {
    net::ServerOptions options;
    options.read_timeout = options_.read_timeout;
    options.write_timeout = options_.write_timeout;
    options.idle_timeout = options_.idle_timeout;
    options.web = options_.web;
    options.address = options_.host;
    options.port = options_.port;
    main_ = std::make_unique<net::HttpServer>(io_, options, handler(&Impl::answer));
    if (Result<void> started = main_->start(); !started) return started;
    options.address = options_.telemetry_host;
    options.port = options_.telemetry_port;
    telemetry_ = std::make_unique<net::HttpServer>(io_, options, handler(&Impl::answer_telemetry));
    return telemetry_->start();
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
    auto answered = self->main_endpoint_->answer(std::move(request));
    co_return co_await std::move(answered);
  }
  static asio::awaitable<ServerResponse> answer_telemetry(std::shared_ptr<const Impl> self,
                                                          ServerRequest request) {
    if (!self) co_return ServerResponse::text(503, "stopping\n");
    if (net::is_profile_path(request.path)) {
      auto profiling = net::profile_answer(std::move(request));
      co_return co_await std::move(profiling);
    }
    co_return self->telemetry_endpoint_->answer(request);
  }

  Telemetry telemetry() const {
    Telemetry result;
    result.version = options_.version;
    result.feeds = feeds_.stats();
    result.ready = readiness_of(scopes_, result.feeds).ready;
    if (options_.web) result.web = options_.web->figures();
    result.now = clock_.now();
    for (const Attachment& attachment : attachments_) {
      StoreFigures& figures = result.stores.emplace_back();
      figures.scope = attachment.scope;
      const auto snapshot = attachment.store->last_snapshot();
      for (const auto& family : snapshot->families) {
        figures.text_bytes += family->checksum.size;
        figures.compressed_bytes += family->compressed_size;
      }
    }
    return result;
  }

  // Says when everything is there for the first time, and when a feed goes on after a failure; the failures
  // are logged where they happen. On the strand.
  asio::awaitable<void> report() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const SteadyTime begin = clock_.now();
    std::map<std::string, bool> failing;
    bool complete = false;
    while (co_await clock_.sleep_for(kReportInterval)) {
      const std::vector<kube::FeedStats> feeds = feeds_.stats();
      std::uint64_t objects = 0;
      for (const kube::FeedStats& feed : feeds) {
        objects += feed.objects;
        const std::string name = name_of(feed.scope);
        const bool fails = !feed.last_error.empty();
        if (std::exchange(failing[name], fails) && !fails) spdlog::info("following {} again", name);
      }
      if (complete) continue;
      const Readiness readiness = readiness_of(scopes_, feeds);
      complete = readiness.ready;
      if (!complete) continue;
      const std::chrono::duration<double> took = clock_.now() - begin;
      spdlog::info("all resources are there: {} objects after {:.1f} s", objects, took.count());
    }
  }

  // On the strand.
  asio::awaitable<void> end_report() {
    stop_report_.emit(asio::cancellation_type::all);
    boost::system::error_code ignored;
    while (reporting_) co_await report_ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  const asio::any_io_executor io_;
  const asio::any_io_executor workers_;
  kube::ApiTransport& transport_;
  Clock& clock_;
  const ServiceOptions options_;
  const std::shared_ptr<ScrapeMetrics> scrapes_;

  const std::unique_ptr<kube::Feeds> own_feeds_;  // null: they are somebody else's
  kube::Feeds& feeds_;

  // Made by start(), constant until stop().
  std::vector<Attachment> attachments_;
  std::vector<kube::WatchScope> scopes_;
  std::unique_ptr<Exposition> exposition_;
  std::unique_ptr<MainEndpoint> main_endpoint_;
  std::unique_ptr<TelemetryEndpoint> telemetry_endpoint_;
  std::vector<std::unique_ptr<kube::Subscription>> subscriptions_;
  std::unique_ptr<net::HttpServer> main_;
  std::unique_ptr<net::HttpServer> telemetry_;

  // Of the report: on its strand, but for the start.
  asio::strand<asio::any_io_executor> strand_;
  asio::cancellation_signal stop_report_;
  asio::steady_timer report_ended_;
  bool reporting_ = false;
};

Service::Service(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& transport,
                 Clock& clock, ServiceOptions options, kube::Feeds* feeds)
    : impl_(std::make_shared<Impl>(std::move(io), std::move(workers), transport, clock, std::move(options),
                                   feeds)) {}
Service::~Service() = default;
Result<void> Service::start() {
  return impl_->start();
}
asio::awaitable<void> Service::stop() {
  return impl_->stop();
}
std::uint16_t Service::port() const {
  return impl_->port();
}
std::uint16_t Service::telemetry_port() const {
  return impl_->telemetry_port();
}
bool Service::ready() const {
  return impl_->readiness().ready;
}

}  // namespace kubevitals::state
