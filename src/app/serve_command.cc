// kubevitals serve: all pillars in one process, on one watch of the API server.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/log.h"
#include "app/pillars.h"
#include "app/runtime.h"
#include "app/serve_config.h"
#include "base/yaml_fields.h"

namespace kubevitals::app {
namespace {

// How long sinks may take to get their last batches out at the end.
constexpr auto kFlush = std::chrono::seconds(10);

constexpr const char* kFooter = R"(
The file has a section for each pillar that is to run. Its keys are the flags of that pillar's command:

  cluster: {kubeconfig: /etc/kubevitals/kubeconfig}    # without: the pod's service account
  state: {resources: [pods, nodes], port: 8080}
  discovery: {config.file: prometheus.yml}
  usage: {sink: ["influxdb:http://influxdb:8086"], secure-port: 4443}

Pods, nodes and all else are watched once for all of them. SIGHUP reads the Prometheus configuration again.
)";

struct Flags {
  std::string config_file;
};

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals serve: %s\n", error.message.c_str());
  return 1;
}

void log_ports(const Pillars& pillars) {
  spdlog::info("following {}", pillars.client().url());
  if (pillars.state() != nullptr) {
    spdlog::info("state: metrics on port {}, telemetry on port {}", pillars.state()->port(),
                 pillars.state()->telemetry_port());
  }
  if (pillars.discovery() != nullptr) spdlog::info("discovery: port {}", pillars.discovery()->port());
  if (pillars.usage() != nullptr) spdlog::info("usage: port {}", pillars.usage()->port());
}

int run(const Flags& flags) {
  const Result<std::string> text = read_text_file(flags.config_file);
  if (!text) return fail(text.error().wrap(flags.config_file));
  Result<ServeConfig> config = read_serve_config(*text, flags.config_file);
  if (!config) return fail(config.error());
  set_up_log(config->log_level);
  Runtime runtime;
  Pillars pillars(runtime, std::move(config->pillars));
  const auto start = [&]() -> asio::awaitable<int> {
    auto starting = pillars.start();
    const Result<void> started = co_await std::move(starting);
    if (!started) co_return fail(started.error());
    log_ports(pillars);
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> { co_await pillars.stop(kFlush); };
  runtime.on_hangup([&]() -> asio::awaitable<void> { co_await pillars.reload(); });
  return runtime.run(start, stop);
}

}  // namespace

std::function<int()> setup_serve(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("--config", flags->config_file, "Configuration of all pillars")
      ->type_name("FILE")
      ->required();
  app.footer(kFooter);
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
