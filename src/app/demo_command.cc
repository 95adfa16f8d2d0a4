// kubevitals demo: an embedded cluster and everything that looks at it, in one process.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "app/pillars.h"
#include "app/runtime.h"
#include "app/state_flags.h"
#include "app/usage_flags.h"
#include "app/version.h"
#include "sim/sim_server.h"

namespace kubevitals::app {
namespace {

// How long the end may take.
constexpr auto kFlush = std::chrono::seconds(1);

// What a Prometheus of such a cluster would discover.
constexpr const char* kPrometheusConfig = R"(scrape_configs:
- job_name: pods
  kubernetes_sd_configs: [{role: pod}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_phase], regex: Running, action: keep}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
- job_name: services
  kubernetes_sd_configs: [{role: endpointslice}]
- job_name: nodes
  kubernetes_sd_configs: [{role: node}]
)";

struct DemoFlags {
  StateFlags state;
  sim::SimOptions sim;
  std::uint16_t discovery_port = 9099;
  std::uint16_t usage_port = 8082;
};

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals demo: %s\n", error.message.c_str());
  return 1;
}

// A file with this text, as long as the object lives.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) : path_("/tmp/kubevitals-demo-XXXXXX") {
    const int file = ::mkstemp(path_.data());
    good_ = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  bool good() const { return good_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool good_ = false;
};

void print_what_to_open(const Pillars& pillars, const std::string& api) {
  std::printf(
      "A simulated cluster is running, and kubevitals follows it.\n\n"
      "  state: metrics of its objects     http://localhost:%u/metrics\n"
      "  discovery: what can be scraped    http://localhost:%u/\n"
      "  usage: what it consumes           http://localhost:%u/\n"
      "  kubevitals itself                 http://localhost:%u/metrics   (ready: /readyz)\n"
      "  the cluster's API                 kubectl --server %s get pods -A\n"
      "                                    kubectl --server %s top nodes     (after some seconds)\n\n"
      "Ctrl-C ends it.\n",
      pillars.state()->port(), pillars.discovery()->port(), pillars.usage()->port(),
      pillars.state()->telemetry_port(), api.c_str(), api.c_str());
  std::fflush(stdout);
}

Result<usage::ServiceOptions> usage_of_kubelets(const std::string& api, std::uint16_t port) {
  UsageFlags flags;
  flags.sources = {"kubernetes.summary_api:" + api + "?inClusterConfig=false"};
  flags.kubelet.use_node_status_port = true;
  flags.resolution = "10s";
  flags.service.port = port;
  return usage_options(flags);
}

int run(DemoFlags flags) {
  Result<state::ServiceOptions> state = service_options(flags.state);
  if (!state) return fail(state.error());
  const TemporaryFile prometheus(kPrometheusConfig);
  if (!prometheus.good()) return fail({ErrorCode::kUnavailable, "cannot write to /tmp"});
  flags.sim.cluster.start_time =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall_now().time_since_epoch()).count();
  flags.sim.kubelets.enabled = true;
  flags.sim.kubelets.port = 0;
  if (flags.usage_port != 0) {
    flags.sim.aggregation.enabled = true;
    flags.sim.aggregation.metrics_api = "http://127.0.0.1:" + std::to_string(flags.usage_port);
  }
  Runtime runtime;
  sim::SimServer cluster(runtime.workers(), system_clock(), flags.sim);
  std::unique_ptr<Pillars> pillars;
  const auto start = [&]() -> asio::awaitable<int> {
    if (const Result<void> started = cluster.start(); !started) co_return fail(started.error());
    Result<usage::ServiceOptions> usage = usage_of_kubelets(cluster.url(), flags.usage_port);
    if (!usage) co_return fail(usage.error());
    PillarOptions options;
    options.api_server.url = cluster.url();
    options.feeds = state->feeds;
    options.state = std::move(*state);
    options.usage = std::move(*usage);
    options.discovery.emplace();
    options.discovery->config_file = prometheus.path();
    options.discovery->port = flags.discovery_port;
    options.discovery->version = kVersion;
    pillars = std::make_unique<Pillars>(runtime, std::move(options));
    auto starting = pillars->start();
    const Result<void> started = co_await std::move(starting);
    if (!started) co_return fail(started.error());
    print_what_to_open(*pillars, cluster.url());
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> {
    if (pillars) co_await pillars->stop(kFlush);
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
  app.add_option("--discovery-port", flags->discovery_port, "Port of discovery; 0: any free one")
      ->capture_default_str();
  app.add_option("--usage-port", flags->usage_port,
                 "Port of usage; 0: any free one, which kubectl top then does not find")
      ->capture_default_str();
  add_state_flags(app, flags->state);
  app.footer("\n`kubevitals sim` serves such a cluster alone, with more settings and faults on demand.\n");
  return [flags] { return run(*flags); };
}

}  // namespace kubevitals::app
