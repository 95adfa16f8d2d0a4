// kubevitals demo: an embedded cluster and everything that looks at it, in one process.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "app/commands.h"
#include "app/runtime.h"
#include "app/state_flags.h"
#include "kube/api_client.h"
#include "sim/sim_server.h"

namespace kubevitals::app {
namespace {

struct DemoFlags {
  StateFlags state;
  sim::SimOptions sim;
};

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals demo: %s\n", error.message.c_str());
  return 1;
}

void print_what_to_open(const state::Service& service, const std::string& api) {
  std::printf(
      "A simulated cluster is running, and kubevitals follows it.\n\n"
      "  metrics of its objects   http://localhost:%u/metrics\n"
      "  kubevitals itself        http://localhost:%u/metrics   (ready: /readyz)\n"
      "  the cluster's API        kubectl --server %s get pods -A\n\n"
      "Ctrl-C ends it.\n",
      service.port(), service.telemetry_port(), api.c_str());
  std::fflush(stdout);
}

int run(DemoFlags flags) {
  Result<state::ServiceOptions> options = service_options(flags.state);
  if (!options) return fail(options.error());
  flags.sim.cluster.start_time =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall_now().time_since_epoch()).count();
  Runtime runtime;
  sim::SimServer cluster(runtime.workers(), system_clock(), flags.sim);
  std::unique_ptr<kube::ApiClient> client;
  std::unique_ptr<state::Service> service;
  const auto start = [&]() -> asio::awaitable<int> {
    if (const Result<void> started = cluster.start(); !started) co_return fail(started.error());
    kube::ApiServerConfig config;
    config.url = cluster.url();
    client = std::make_unique<kube::ApiClient>(runtime.io(), std::move(config), system_clock());
    service = std::make_unique<state::Service>(runtime.io(), runtime.workers(), *client, system_clock(),
                                               std::move(*options));
    if (const Result<void> started = service->start(); !started) co_return fail(started.error());
    print_what_to_open(*service, cluster.url());
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> {
    if (service) co_await service->stop();
    co_await cluster.stop();
  };
  return runtime.run(start, stop);
}

}  // namespace

std::function<int()> setup_demo(CLI::App& app) {
  auto flags = std::make_shared<DemoFlags>();
  flags->sim.port = 8001;
  flags->sim.churn_per_second = 20;
  flags->sim.cluster.pods = 1000;
  const char* group = "The simulated cluster";
  app.add_option("--pods", flags->sim.cluster.pods, "Pods at the start")
      ->capture_default_str()
      ->check(CLI::Range(0, 2'000'000))
      ->group(group);
  app.add_option("--churn", flags->sim.churn_per_second, "Updates of objects a second")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6))
      ->group(group);
  app.add_option("--seed", flags->sim.cluster.seed, "The same seed gives the same cluster")
      ->capture_default_str()
      ->group(group);
  app.add_option("--api-port", flags->sim.port, "Port of the cluster's API, on 127.0.0.1; 0: any free one")
      ->capture_default_str()
      ->group(group);
  add_state_flags(app, flags->state);
  app.footer("\n`kubevitals sim` serves such a cluster alone, with more settings and faults on demand.\n");
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
