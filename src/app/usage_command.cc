// kubevitals usage: what the cluster consumes, from the kubelets to sinks and APIs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "app/commands.h"
#include "app/log.h"
#include "app/runtime.h"
#include "app/state_flags.h"
#include "app/usage_flags.h"
#include "kube/api_client.h"

namespace kubevitals::app {
namespace {

// How long sinks may take to get their last batches out at the end.
constexpr auto kFlush = std::chrono::seconds(10);

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals usage: %s\n", error.message.c_str());
  return 1;
}

int run(const UsageFlags& flags) {
  set_up_log(flags.log_level);
  Result<usage::ServiceOptions> options = usage_options(flags);
  if (!options) return fail(options.error());
  Runtime runtime;
  kube::ApiClient client(runtime.io(), options->source.api_server, system_clock());
  const std::string source(options->source.type->name);
  usage::Service service(runtime.io(), runtime.workers(), client, system_clock(), std::move(*options));
  const auto start = [&]() -> asio::awaitable<int> {
    auto starting = service.start();
    const Result<void> started = co_await std::move(starting);
    if (!started) co_return fail(started.error());
    spdlog::info("scraping the kubelets of {} ({}); serving on port {}", client.url(), source,
                 service.port());
    if (service.secure_port() != 0) spdlog::info("the secure port is {}", service.secure_port());
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> { co_await service.stop(kFlush); };
  return runtime.run(start, stop);
}

}  // namespace

std::function<int()> setup_usage(CLI::App& app) {
  auto flags = std::make_shared<UsageFlags>();
  add_connection_flags(app, flags->connection);
  add_usage_flags(app, *flags);
  add_log_level(app, flags->log_level);
  app.footer(R"(
Serves, on port 8082:
  /apis/metrics.k8s.io/v1beta1/pods     what kubectl top and autoscalers ask for
  /api/v1/model/…                       Heapster's Model API
  /api/v1/nodes                         which node could not be scraped, and why
  /metrics, /healthz, /readyz           kubevitals itself

Examples:
  kubevitals usage --kubeconfig ~/.kube/config
  kubevitals usage --source=kubernetes.summary_api:'?kubeletHttps=true&kubeletPort=10250' \
    --sink=influxdb:http://influxdb:8086 --sink=log
Flags have the names and meanings of Heapster's and metrics-server's.
)");
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
