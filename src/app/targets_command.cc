// kubevitals targets: what a configuration discovers, once.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/log.h"
#include "app/runtime.h"
#include "discovery/config/config.h"
#include "discovery/config/duration.h"
#include "discovery/job_specs.h"
#include "discovery/kubernetes/clusters.h"
#include "discovery/once.h"
#include "discovery/own_metrics.h"

namespace kubevitals::app {
namespace {

constexpr const char* kFooter = R"(
Discovers with the mechanisms of a Prometheus configuration, waits until each has answered, and prints all
targets as JSON, also those that relabelling drops (with the number of the rule) and those that cannot be
scraped (with the reason). Mechanisms that do not answer are named on standard error.

Examples:
  kubevitals targets --config.file prometheus.yml
  kubevitals targets --config.file prometheus.yml --job kubernetes-pods | jq '.[][] | select(.labels)'

Exit status: 0 when all mechanisms have answered, 1 otherwise.
)";

struct Flags {
  std::string config_file;
  std::string job;
  std::string timeout = "10s";
  std::string log_level = "error";
};

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals targets: %s\n", error.message.c_str());
  return 1;
}

int print(const discovery::DiscoveredOnce& discovered) {
  std::fwrite(discovered.json.data(), 1, discovered.json.size(), stdout);
  std::fflush(stdout);
  for (const std::string& problem : discovered.problems)
    std::fprintf(stderr, "kubevitals: %s\n", problem.c_str());
  return discovered.problems.empty() ? 0 : 1;
}

int run(const Flags& flags) {
  set_up_log(flags.log_level);
  const Result<std::chrono::milliseconds> timeout = discovery::parse_prometheus_duration(flags.timeout);
  if (!timeout) return fail(timeout.error().wrap("--timeout"));
  const Result<discovery::Config> config = discovery::load_config(flags.config_file);
  if (!config) return fail(config.error());
  auto jobs = discovery::scrape_jobs(*config);
  if (!flags.job.empty()) {
    std::erase_if(jobs, [&](const auto& job) { return job->name != flags.job; });
    if (jobs.empty()) return fail(Error{ErrorCode::kNotFound, "there is no job \"" + flags.job + "\""});
  }
  Runtime runtime;
  exposition::MetricRegistry metrics(discovery::metric_families());
  discovery::kubernetes::Clusters clusters(runtime.io(), runtime.workers(), system_clock(), metrics, {}, 1);
  const discovery::DiscovererContext context{
      runtime.io(), runtime.workers(), system_clock(), metrics, &clusters, "", 1, true};
  discovery::ManagerOptions options;
  options.throttle = std::chrono::milliseconds(0);
  discovery::Manager manager(options, context);
  int status = 0;
  const auto start = [&]() -> asio::awaitable<int> {
    auto discovering = discovery::discover_once(manager, std::move(jobs), *timeout);
    const discovery::DiscoveredOnce discovered = co_await std::move(discovering);
    status = print(discovered);
    co_return Runtime::kDone;
  };
  const auto stop = [&]() -> asio::awaitable<void> {
    co_await manager.stop();
    co_await clusters.stop();
  };
  runtime.run(start, stop);
  return status;
}

}  // namespace

std::function<int()> setup_targets(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("--config.file", flags->config_file, "Prometheus configuration")->required();
  app.add_option("--job", flags->job, "Only this job");
  app.add_option("--timeout", flags->timeout, "How long to wait for mechanisms")->capture_default_str();
  add_log_level(app, flags->log_level);
  app.footer(kFooter);
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
