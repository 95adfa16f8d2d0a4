#include "discovery/service.h"

#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <random>
#include <utility>

#include "base/mutex.h"
#include "base/run_on.h"
#include "discovery/config/config.h"
#include "discovery/file/directory_watches.h"
#include "discovery/job_specs.h"
#include "discovery/kubernetes/clusters.h"
#include "discovery/manager/manager.h"
#include "discovery/own_metrics.h"
#include "discovery/serve/endpoint.h"
#include "discovery/serve/file_sd_writer.h"
#include "net/http_server.h"

namespace kubevitals::discovery {
namespace {

using namespace std::chrono_literals;

// How long requests under way may take when the program stops.
constexpr auto kGrace = 2s;
// How soon files that could not be written are tried again.
constexpr auto kFileRetry = 10s;

ManagerOptions manager_options(const char* name, const ServiceOptions& options) {
  ManagerOptions result;
  result.name = name;
  result.throttle = options.throttle;
  return result;
}

}  // namespace

// Handlers hold it while they run. Starting, reloading, stopping and writing files is done on the strand.
class Service::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor io, asio::any_io_executor workers, Clock& clock, ServiceOptions options)
      : io_(std::move(io)),
        workers_(std::move(workers)),
        clock_(clock),
        options_(std::move(options)),
        random_seed_(std::random_device()()),
        strand_(asio::make_strand(workers_)),
        idle_(strand_, SteadyTime::max()),
        writer_ended_(strand_, SteadyTime::max()) {}

  asio::awaitable<Result<void>> start() {
    make_managers();
    auto loading = load();
    const Result<void> loaded = co_await std::move(loading);
    if (!loaded) co_return loaded;
    Result<void> listening = listen();
    if (listening && !options_.file_sd_dir.empty()) start_writing_files();
    co_return listening;
  }

  asio::awaitable<Result<void>> reload() {
    const auto self = shared_from_this();
    auto loading = load();
    Result<void> loaded = co_await std::move(loading);
    if (loaded) {
      spdlog::info("the configuration {} is in force", options_.config_file);
    } else {
      spdlog::error("cannot reload the configuration, the one before stays in force: {}",
                    loaded.error().message);
    }
    co_return loaded;
  }

  asio::awaitable<void> stop() {
    const auto self = shared_from_this();
    stop_writing_.emit(asio::cancellation_type::all);
    boost::system::error_code ignored;
    while (writing_) co_await writer_ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (server_) co_await server_->stop(kGrace);
    if (scrape_) co_await scrape_->stop();
    if (notify_) co_await notify_->stop();
    co_await clusters_.stop();
  }

  kubernetes::Clusters& clusters() { return clusters_; }
  const asio::strand<asio::any_io_executor>& strand() const { return strand_; }
  std::uint16_t port() const { return server_->port(); }

 private:
  void make_managers() {
    const DiscovererContext context{.io = io_,
                                    .workers = workers_,
                                    .clock = clock_,
                                    .metrics = metrics_,
                                    .clusters = &clusters_,
                                    .config_name = {},
                                    .random_seed = random_seed_,
                                    .directories = &directories_};
    scrape_ = std::make_unique<Manager>(manager_options("scrape", options_), context);
    notify_ = std::make_unique<Manager>(manager_options("notify", options_), context);
  }

  // One at a time.
  asio::awaitable<Result<void>> load() {
    boost::system::error_code ignored;
    while (loading_) co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    loading_ = true;
    auto work = [file = options_.config_file] { return load_config(file); };
    auto reading = run_on(workers_, std::move(work));
    Result<Config> config = co_await std::move(reading);
    const auto successful = metrics_.metric("prometheus_config_last_reload_successful");
    successful->set(config ? 1 : 0);
    if (config) {
      auto scrape = scrape_->apply(scrape_jobs(*config));
      co_await std::move(scrape);
      auto notify = notify_->apply(alertmanager_jobs(*config));
      co_await std::move(notify);
      const std::chrono::duration<double> now = clock_.wall_now().time_since_epoch();
      metrics_.metric("prometheus_config_last_reload_success_timestamp_seconds")->set(now.count());
      const MutexLock lock(mutex_);
      config_yaml_ = format_config(*config);
      ready_ = true;
    }
    loading_ = false;
    idle_.cancel();
    if (!config) co_return config.error();
    co_return Result<void>();
  }

  Result<void> listen() {
    EndpointSources sources;
    sources.scrape = scrape_.get();
    sources.notify = notify_.get();
    sources.config_yaml = [this] {
      const MutexLock lock(mutex_);
      return config_yaml_;
    };
    sources.ready = [this] {
      const MutexLock lock(mutex_);
      return ready_;
    };
    sources.own_metrics = [this] {
      return own_metrics(metrics_, *scrape_->snapshot(), clusters_.stats(), clock_.now(), options_.version);
    };
    sources.reload = [this] { return reload_on_strand(); };
    sources.version = options_.version;
    sources.instance = std::to_string(random_seed_);
    endpoint_ = std::make_unique<Endpoint>(std::move(sources), workers_);
    net::ServerOptions server;
    server.address = options_.host;
    server.port = options_.port;
    server.web = options_.web;
    auto handler = [weak = weak_from_this()](net::ServerRequest request) {
      return answer(weak.lock(), std::move(request));
    };
    server_ = std::make_unique<net::HttpServer>(io_, server, std::move(handler));
    return server_->start();
  }

  static asio::awaitable<net::ServerResponse> answer(std::shared_ptr<const Impl> self,
                                                     net::ServerRequest request) {
    if (!self) co_return net::ServerResponse::text(503, "stopping\n");
    auto answered = self->endpoint_->answer(std::move(request));
    co_return co_await std::move(answered);
  }

  asio::awaitable<Result<void>> reload_on_strand() {
    auto reloading = reload();
    auto spawned = asio::co_spawn(strand_, std::move(reloading), asio::use_awaitable);
    co_return co_await std::move(spawned);
  }

  void start_writing_files() {
    writing_ = true;
    auto ended = [self = shared_from_this()](const std::exception_ptr& exception) {
      if (exception) spdlog::error("the writing of file_sd files ended unexpectedly");
      self->writing_ = false;
      self->writer_ended_.cancel();
    };
    auto write = write_files();
    asio::co_spawn(strand_, std::move(write),
                   asio::bind_cancellation_slot(stop_writing_.slot(), std::move(ended)));
  }

  asio::awaitable<void> write_files() {
    co_await asio::this_coro::throw_if_cancelled(false);
    FileSdWriter writer(options_.file_sd_dir, options_.file_sd_relabeled);
    std::string last_failure;
    for (;;) {
      const std::shared_ptr<const Snapshot> snapshot = scrape_->snapshot();
      auto work = [&writer, snapshot] { return writer.write(*snapshot); };
      auto writing = run_on(workers_, std::move(work));
      const Result<void> written = co_await std::move(writing);
      const std::string failure = written ? "" : written.error().message;
      if (failure != last_failure && !failure.empty()) spdlog::error("{}", failure);
      last_failure = failure;
      const SteadyTime deadline = written ? SteadyTime::max() : std::chrono::steady_clock::now() + kFileRetry;
      std::function<bool()> changed = [this, snapshot] { return scrape_->snapshot() != snapshot; };
      auto waiting = scrape_->published().wait_until(deadline, std::move(changed));
      co_await std::move(waiting);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
    }
  }

  const asio::any_io_executor io_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  const ServiceOptions options_;
  const std::uint64_t random_seed_;
  exposition::MetricRegistry metrics_{metric_families()};
  file::DirectoryWatches directories_{io_};
  kubernetes::Clusters clusters_{io_, workers_, clock_, metrics_, options_.feeds, random_seed_};

  // Made by start(), constant until stop().
  std::unique_ptr<Manager> scrape_;
  std::unique_ptr<Manager> notify_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<net::HttpServer> server_;

  // On the strand.
  asio::strand<asio::any_io_executor> strand_;
  asio::steady_timer idle_;  // cancelled when a configuration was loaded
  bool loading_ = false;
  asio::cancellation_signal stop_writing_;
  asio::steady_timer writer_ended_;
  bool writing_ = false;

  mutable Mutex mutex_;
  std::string config_yaml_ GUARDED_BY(mutex_);
  bool ready_ GUARDED_BY(mutex_) = false;
};

Service::Service(asio::any_io_executor io, asio::any_io_executor workers, Clock& clock,
                 ServiceOptions options)
    : impl_(std::make_shared<Impl>(std::move(io), std::move(workers), clock, std::move(options))) {}
Service::~Service() = default;

void Service::set_own_cluster(std::string url, kube::Feeds& feeds) {
  impl_->clusters().set_own(std::move(url), feeds);
}
asio::awaitable<Result<void>> Service::start() {
  auto started = impl_->start();
  auto spawned = asio::co_spawn(impl_->strand(), std::move(started), asio::use_awaitable);
  co_return co_await std::move(spawned);
}
asio::awaitable<Result<void>> Service::reload() {
  auto reloaded = impl_->reload();
  auto spawned = asio::co_spawn(impl_->strand(), std::move(reloaded), asio::use_awaitable);
  co_return co_await std::move(spawned);
}
asio::awaitable<void> Service::stop() {
  auto stopped = impl_->stop();
  co_await asio::co_spawn(impl_->strand(), std::move(stopped), asio::use_awaitable);
}
std::uint16_t Service::port() const {
  return impl_->port();
}

}  // namespace kubevitals::discovery
