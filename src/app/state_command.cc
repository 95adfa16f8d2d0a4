// kubevitals state: metrics about a cluster's objects.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.h"
#include "app/runtime.h"
#include "app/state_flags.h"
#include "kube/api_client.h"

namespace kubevitals::app {
namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals state: %s\n", error.message.c_str());
  return 1;
}

int run(const StateFlags& flags) {
  Result<state::ServiceOptions> options = service_options(flags);
  if (!options) return fail(options.error());
  const Result<kube::ApiServerConfig> config = kube::load_config(flags.connection, kube::real_surroundings());
  if (!config) return fail(config.error());
  Runtime runtime;
  kube::ApiClient client(runtime.io(), *config, system_clock());
  state::Service service(runtime.io(), runtime.workers(), client, system_clock(), std::move(*options));
  const auto start = [&]() -> asio::awaitable<int> {
    const Result<void> started = service.start();
    if (!started) co_return fail(started.error());
    spdlog::info("following {}; metrics on port {}, telemetry on port {}", client.url(), service.port(),
                 service.telemetry_port());
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> { co_await service.stop(); };
  return runtime.run(start, stop);
}

}  // namespace

std::function<int()> setup_state(CLI::App& app) {
  auto flags = std::make_shared<StateFlags>();
  add_connection_flags(app, flags->connection);
  add_state_flags(app, *flags);
  app.footer(
      "\nExamples:\n"
      "  kubevitals state --kubeconfig ~/.kube/config\n"
      "  kubevitals state --resources pods,nodes --metric-labels-allowlist 'pods=[app,team]'\n"
      "Flags have the names and meanings of kube-state-metrics'.\n");
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
