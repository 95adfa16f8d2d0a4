// kubevitals discover: the targets of a Prometheus configuration, for any number of servers.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/discover_flags.h"
#include "app/log.h"
#include "app/runtime.h"
#include "discovery/service.h"

namespace kubevitals::app {
namespace {

constexpr const char* kFooter = R"(
Reads an unchanged Prometheus configuration, discovers the targets of its jobs, and serves them:
  http://localhost:9099/                   how the jobs are, and why a target is (not) there
  http://localhost:9099/sd/v1/jobs/JOB     for http_sd_configs of any Prometheus; ?relabeled=true, ?shard=0&of=3
  http://localhost:9099/api/v1/targets     as Prometheus shows them
SIGHUP or a POST to /-/reload reads the configuration again.

Examples:
  kubevitals discover --config.file prometheus.yml
  kubevitals discover --config.file prometheus.yml --file-sd.dir /etc/prometheus/targets
)";

struct Flags {
  DiscoverFlags discover;
  std::string log_level = "info";
};

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals discover: %s\n", error.message.c_str());
  return 1;
}

int run(const Flags& flags) {
  const Result<discovery::ServiceOptions> options = discover_options(flags.discover);
  if (!options) return fail(options.error());
  set_up_log(flags.log_level);
  Runtime runtime;
  discovery::Service service(runtime.io(), runtime.workers(), system_clock(), *options);
  const auto start = [&]() -> asio::awaitable<int> {
    auto starting = service.start();
    const Result<void> started = co_await std::move(starting);
    if (!started) co_return fail(started.error());
    spdlog::info("discovering for {}; serving on port {}", options->config_file, service.port());
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> { co_await service.stop(); };
  runtime.on_hangup([&]() -> asio::awaitable<void> {
    auto reloading = service.reload();
    const Result<void> logged_already = co_await std::move(reloading);
    static_cast<void>(logged_already);
  });
  return runtime.run(start, stop);
}

}  // namespace

std::function<int()> setup_discover(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  add_discover_flags(app, flags->discover);
  add_log_level(app, flags->log_level);
  app.footer(kFooter);
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
