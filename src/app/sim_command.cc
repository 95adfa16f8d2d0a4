// kubevitals sim: a cluster to try things on.
#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "app/commands.h"
#include "app/runtime.h"
#include "base/rfc3339.h"
#include "sim/sim_server.h"

namespace kubevitals::app {
namespace {

struct Flags {
  sim::SimOptions options;
  std::string listen = "127.0.0.1:8001";
  std::string start_time;
  std::string kubeconfig;
  std::string kubelet_ca;
  std::string requestheader_ca;
  std::string metrics_api_ca;
  std::string access;
  double bookmark_seconds = 60;
  bool no_watch_list = false;
};

// Takes "host:port", ":port" or "[::1]:port" apart.
Result<void> read_listen(const std::string& text, sim::SimOptions& options) {
  const std::size_t colon = text.rfind(':');
  const Error refused{ErrorCode::kInvalid, "cannot use --listen " + text + ": it is not ADDRESS:PORT"};
  if (colon == std::string::npos) return refused;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos)
    return refused;
  const unsigned long number = std::stoul(port);
  if (number > 65'535) return refused;
  options.port = static_cast<std::uint16_t>(number);
  std::string address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  options.address = address.empty() ? "0.0.0.0" : address;
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (file && !file.bad()) return text.str();
  return Error{ErrorCode::kUnavailable, "cannot read " + path + ": " + std::strerror(errno)};
}

Result<void> complete(Flags& flags) {
  Result<void> listen = read_listen(flags.listen, flags.options);
  if (!listen) return listen;
  if (!flags.kubelet_ca.empty() && !flags.options.kubelets.tls) {
    return Error{ErrorCode::kInvalid, "cannot use --write-kubelet-ca: there is no CA without --kubelet-tls"};
  }
  flags.options.api.watch_list = !flags.no_watch_list;
  flags.options.api.bookmark_interval =
      std::chrono::milliseconds(static_cast<std::int64_t>(std::lround(flags.bookmark_seconds * 1000)));
  flags.options.aggregation.enabled = !flags.requestheader_ca.empty();
  if (!flags.metrics_api_ca.empty()) {
    Result<std::string> ca = read_file(flags.metrics_api_ca);
    if (!ca) return std::move(ca).error();
    flags.options.aggregation.ca = std::move(*ca);
  }
  if (flags.start_time.empty()) {
    flags.options.cluster.start_time =
        std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall_now().time_since_epoch())
            .count();
    return {};
  }
  Result<UnixTime> start = parse_rfc3339(flags.start_time);
  if (!start) return std::move(start).error().wrap("cannot use --start-time");
  flags.options.cluster.start_time = start->seconds;
  return {};
}

Result<void> configure_access(const std::string& path, sim::SimServer& server) {
  Result<std::string> text = read_file(path);
  if (!text) return std::move(text).error();
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(*text, error);
  if (error) return Error{ErrorCode::kInvalid, "cannot read " + path + ": " + error.message()};
  Result<void> done = server.api().access().configure(value);
  if (!done) return std::move(done).error().wrap("cannot use " + path);
  return {};
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return Error{ErrorCode::kUnavailable, "cannot write " + path + ": " + std::strerror(errno)};
}

void print_summary(const Flags& flags, sim::SimServer& server) {
  sim::Cluster& cluster = server.cluster();
  std::printf("Simulated cluster on %s: %zu nodes, %zu pods, %zu deployments in %zu namespaces.\n",
              server.url().c_str(), cluster.count(sim::kNode), cluster.count(sim::kPod),
              cluster.count(sim::kDeployment), cluster.count(sim::kNamespace));
  if (!flags.kubeconfig.empty()) {
    std::printf("Try: kubectl --kubeconfig %s get pods -A\n", flags.kubeconfig.c_str());
  } else {
    std::printf("Try: kubectl --server %s%s get pods -A\n", server.url().c_str(),
                flags.options.tls ? " --insecure-skip-tls-verify" : "");
  }
  if (flags.options.kubelets.enabled) {
    const std::string first = cluster.layout().node_address(0);
    std::printf("Kubelets on port %u: try curl %s%s://%s:%u/stats/summary\n", server.kubelet_port(),
                flags.options.kubelets.tls ? "-k " : "", flags.options.kubelets.tls ? "https" : "http",
                first.c_str(), server.kubelet_port());
  }
  std::fflush(stdout);
}

int fail(const Error& error) {
  std::fprintf(stderr, "kubevitals sim: %s\n", error.message.c_str());
  return 1;
}

int run(const std::shared_ptr<Flags>& flags) {
  Result<void> completed = complete(*flags);
  if (!completed) return fail(completed.error());
  if (flags->options.kubelets.enabled) allow_many_files();
  Runtime runtime;
  sim::SimServer server(runtime.workers(), system_clock(), flags->options);
  const auto start = [&]() -> asio::awaitable<int> {
    Result<void> started;
    if (!flags->access.empty()) started = configure_access(flags->access, server);
    if (started) started = server.start();
    if (started && !flags->kubeconfig.empty()) started = write_file(flags->kubeconfig, server.kubeconfig());
    if (started && !flags->requestheader_ca.empty()) {
      started = write_file(flags->requestheader_ca, server.requestheader_authority());
    }
    if (started && !flags->kubelet_ca.empty()) {
      started = write_file(flags->kubelet_ca, server.kubelet_authority());
    }
    if (!started) co_return fail(started.error());
    print_summary(*flags, server);
    co_return 0;
  };
  const auto stop = [&]() -> asio::awaitable<void> { co_await server.stop(); };
  return runtime.run(start, stop);
}

void add_kubelet_flags(CLI::App& app, Flags& flags) {
  sim::KubeletOptions& kubelets = flags.options.kubelets;
  const char* group = "Kubelets";
  app.add_flag("--kubelets", kubelets.enabled,
               "A kubelet for each node, on a loopback address of its own: the nodes' objects show it")
      ->group(group);
  app.add_option("--kubelet-network", kubelets.network, "Address before that of the first node's kubelet")
      ->capture_default_str()
      ->group(group);
  app.add_option("--kubelet-port", kubelets.port, "Port of all kubelets; 0: any free one")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--kubelet-tls", kubelets.tls, "Kubelets serve https, with certificates of a CA made at start")
      ->group(group);
  app.add_flag("!--kubelet-no-ip-sans", kubelets.ip_sans,
               "Kubelets' certificates are for the nodes' names alone, not for their addresses")
      ->group(group);
  app.add_option("--write-kubelet-ca", flags.kubelet_ca, "File to write that CA to, as PEM")->group(group);
  app.add_option("--kubelet-token", kubelets.token, "Bearer token that the kubelets' clients must show")
      ->group(group);
}

void add_aggregation_flags(CLI::App& app, Flags& flags) {
  sim::AggregationOptions& aggregation = flags.options.aggregation;
  const char* group = "Aggregation layer, authentication and authorization";
  app.add_option("--metrics-api", aggregation.metrics_api,
                 "URL of the server that answers for metrics.k8s.io, as behind kube-apiserver's aggregator")
      ->group(group);
  app.add_option("--metrics-api-ca", flags.metrics_api_ca,
                 "CA (PEM) to verify that server with; it is not verified by default")
      ->group(group);
  app.add_option(
         "--write-requestheader-ca", flags.requestheader_ca,
         "File to write the CA of the front proxy's client certificate to: what that server must trust")
      ->group(group);
  app.add_option("--access", flags.access, "JSON file with users and rules for token and access reviews")
      ->group(group);
}

}  // namespace

std::function<int()> setup_sim(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  sim::ClusterOptions& cluster = flags->options.cluster;
  app.add_option("--pods", cluster.pods, "Pods at the start")
      ->capture_default_str()
      ->check(CLI::Range(0, 2'000'000));
  app.add_option("--nodes", cluster.nodes, "Nodes; 0: one for every 30 pods")->check(CLI::Range(0, 100'000));
  app.add_option("--namespaces", cluster.namespaces, "Namespaces; 0: one for every 250 pods, at least 5")
      ->check(CLI::Range(0, 60'000));
  app.add_option("--churn", flags->options.churn_per_second,
                 "Updates of objects a second: restarts, rollouts, crash loops, heartbeats, finished jobs")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--seed", cluster.seed, "The same seed gives the same cluster")->capture_default_str();
  app.add_option(
      "--start-time", flags->start_time,
      "The simulation's first moment (RFC 3339), to which all times in objects relate; now by default");
  app.add_option("--listen", flags->listen, "Address and port of the API server; port 0: any free one")
      ->capture_default_str();
  app.add_flag("--tls", flags->options.tls, "Serve https with a self-signed certificate made at start");
  app.add_option("--token", flags->options.api.token, "Bearer token that clients must show");
  app.add_option("--write-kubeconfig", flags->kubeconfig,
                 "File to write a kubeconfig to, for kubectl and this program");
  app.add_option("--watch-cache", cluster.watch_cache,
                 "Events kept for each resource: watches from before them get 410 Gone")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--bookmark-interval", flags->bookmark_seconds,
                 "Time between bookmarks of a watch: 60s, 500ms")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 1e-3}, {"s", 1}, {"m", 60}}))
      ->capture_default_str()
      ->check(CLI::Range(0.01, 3600.0));
  app.add_flag("--no-watch-list", flags->no_watch_list,
               "Refuse sendInitialEvents with 422, as servers without the WatchList feature do");
  add_kubelet_flags(app, *flags);
  add_aggregation_flags(app, *flags);
  app.footer(
      "\nFaults, for tests (paths below /sim/ need no token):\n"
      "  curl -X POST URL/sim/faults -d '{\"kind\": \"status\", \"status\": 429, \"retry_after\": 2,\n"
      "    \"resource\": \"pods\", \"verb\": \"watch\", \"count\": 3}'\n"
      "  kinds: status, gone, abort, cut, truncate, garbage, content_type, slow, silence, delay, duplicate,\n"
      "         reorder; members: resource, verb, status, retry_after, after_bytes, bytes_per_second, "
      "delay_ms,\n"
      "         probability, count, duration_ms\n"
      "  of kubelets: \"resource\": \"kubelet\", with \"node\": NAME or \"percent\": N; also the kinds "
      "hang,\n"
      "         reset, dead, no_ip_sans\n"
      "  curl URL/sim/faults        curl -X DELETE URL/sim/faults      curl -X POST URL/sim/drop-watches\n"
      "  curl -X POST URL/sim/compact                curl -X POST 'URL/sim/token?token=NEW'\n"
      "  curl -X POST 'URL/sim/churn?updates=500&kind=pods'            curl -X POST 'URL/sim/churn?rate=20'\n"
      "  curl URL/sim/status                 curl -X POST 'URL/sim/metrics-api?url=https://localhost:8443'\n"
      "  curl -X POST URL/sim/access -d @ACCESS.json\n");
  return [flags] { return run(flags); };
}

}  // namespace kubevitals::app
