#include "usage/api/usage_endpoint.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/run_on.h"
#include "exposition/generated_body.h"
#include "exposition/negotiation.h"
#include "net/landing_page.h"
#include "net/profile_endpoint.h"
#include "usage/api/api_status.h"
#include "usage/api/export_api.h"
#include "usage/api/metrics_path.h"
#include "usage/api/model_api.h"
#include "usage/api/openapi.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

// Older batches are no news: three periods of the default resolution.
constexpr Nanos kStale = 180'000'000'000;

ServerResponse not_found() {
  return ServerResponse::text(404, "404 page not found\n");
}

bool is_empty(const Batch& batch) {
  return batch.cluster.rows() == 0 && batch.namespaces.rows() == 0 && batch.nodes.empty();
}

}  // namespace

UsageEndpoint::UsageEndpoint(UsageEndpointSources sources, asio::any_io_executor workers)
    : sources_(std::move(sources)), workers_(workers), metrics_api_(sources_.metrics, std::move(workers)) {}

Nanos UsageEndpoint::now() const {
  const WallTime wall = sources_.metrics.clock->wall_now();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wall.time_since_epoch()).count();
}

asio::awaitable<ServerResponse> UsageEndpoint::answer(ServerRequest request) const {
  if (sources_.gate) {
    auto asking = sources_.gate->refuse(request);
    std::optional<ServerResponse> refused = co_await std::move(asking);
    if (refused) co_return std::move(*refused);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    ServerResponse response = is_below(request.path, kMetricsRoot)
                                  ? unknown_method(request)
                                  : ServerResponse::text(405, "405: Method Not Allowed");
    response.headers.set("Allow", "GET, HEAD");
    co_return response;
  }
  if (std::optional<ServerResponse> elsewhere = net::redirect_to_clean_path(request)) {
    co_return std::move(*elsewhere);
  }
  if (net::is_profile_path(request.path)) {
    auto profiling = net::profile_answer(std::move(request));
    co_return co_await std::move(profiling);
  }
  // What is looked for in many batches would hold other connections up.
  auto work = [this, &request] { return route(request); };
  auto routing = run_on(workers_, std::move(work));
  ServerResponse response = co_await std::move(routing);
  co_return response;
}

ServerResponse UsageEndpoint::route(const ServerRequest& request) const {
  std::string_view path = request.path;
  if (sources_.sink != nullptr) {
    if (is_below(path, kModelPath)) return model_answer(*sources_.sink, request, now());
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path == "/api/v1/metric-export") return exported(request);
  }
  if (path == "/api/v1/metric-export-schema") {
    return ServerResponse::text(200, metric_export_schema(), "application/json");
  }
  if (path == "/") return front_page();
  if (path == "/healthz") return health();
  if (path == "/livez") return probe(request, "livez", live_checks());
  if (path == "/readyz") return probe(request, "readyz", ready_checks());
  if (path == "/metrics") {
    return ServerResponse::text(200, sources_.own_metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/api/v1/nodes" && sources_.nodes) {
    return ServerResponse::text(200, sources_.nodes(), "application/json");
  }
  if (std::optional<ServerResponse> found = openapi_answer(request)) return std::move(*found);
  if (std::optional<ServerResponse> found = metrics_api_.answer(request)) return std::move(*found);
  return not_found();
}

ServerResponse UsageEndpoint::front_page() const {
  std::vector<net::Link> links{{"/apis/metrics.k8s.io/v1beta1/nodes", "Use of the nodes"},
                               {"/apis/metrics.k8s.io/v1beta1/pods", "Use of the pods"},
                               {"/api/v1/nodes", "How the nodes' scrapes went"},
                               {"/readyz?verbose", "Readiness, and how sinks do"},
                               {"/metrics", "Own metrics"},
                               {net::kProfilePath, "Profiles"}};
  if (sources_.sink != nullptr) {
    links.insert(links.begin() + 2, {{"/api/v1/model/metrics", "Model API: metrics of the cluster"},
                                     {"/api/v1/model/namespaces", "Model API: namespaces"},
                                     {"/api/v1/model/nodes", "Model API: nodes"}});
  }
  return net::landing_page("What nodes and pods of a Kubernetes cluster consume", sources_.version, links);
}

ServerResponse UsageEndpoint::exported(const ServerRequest& request) const {
  auto batch = sources_.disable_export ? nullptr : sources_.sink->latest();
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  ServerResponse response;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Vary", "Accept-Encoding");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  response.body =
      exposition::make_generated_body(workers_, metric_export(std::move(batch), sources_.labels), gzip);
  return response;
}

ServerResponse UsageEndpoint::health() const {
  std::string failure;
  if (sources_.sink == nullptr) {
    if (!sources_.metrics.store->has_nodes()) failure = "no node was scraped lately";
  } else if (const auto batch = sources_.sink->latest(); !batch) {
    failure = "there is no batch yet";
  } else if (now() - batch->timestamp > kStale) {
    failure = "the latest batch is of ";
    append_time(failure, batch->timestamp);
  } else if (is_empty(*batch)) {
    failure = "there is nothing in the latest batch";
  }
  if (failure.empty()) return ServerResponse::text(200, "ok");
  return ServerResponse::text(500, "internal server error: " + failure + "\n");
}

std::vector<UsageEndpoint::Check> UsageEndpoint::live_checks() const {
  return {{"ping", ""}, {"metric-collection-timely", sources_.late ? sources_.late() : std::string()}};
}

std::vector<UsageEndpoint::Check> UsageEndpoint::ready_checks() const {
  const UsageStore& store = *sources_.metrics.store;
  std::string storage;
  if (!store.has_pods()) storage = "no pod has metrics yet";
  if (!store.has_nodes()) storage = "no node has metrics yet";
  const bool synced = sources_.metrics.directory->synced();
  std::vector<Check> checks{
      {"ping", ""},
      {"metric-storage-ready", std::move(storage)},
      {"metric-informer-sync", synced ? "" : "the lists of pods and nodes are not complete yet"}};
  if (synced && !sources_.metrics.directory->has_namespaces()) {
    checks.push_back({"namespace-informer-sync", "the list of namespaces is not complete yet", false});
  }
  if (sources_.authentication) checks.push_back({"authentication", sources_.authentication()});
  for (const SinkHealth& sink : sources_.sinks ? sources_.sinks() : std::vector<SinkHealth>()) {
    std::string failure;
    if (sink.last_error) {
      failure = sink.last_error->message + " (" + std::to_string(sink.queued_batches) + " batches wait)";
    }
    checks.push_back({"sink " + sink.name, std::move(failure), false});
  }
  return checks;
}

ServerResponse UsageEndpoint::probe(const ServerRequest& request, std::string_view name,
                                    const std::vector<Check>& checks) const {
  const bool good = std::none_of(checks.begin(), checks.end(),
                                 [](const Check& check) { return check.counts && !check.failure.empty(); });
  if (good && !request.parameter("verbose")) return ServerResponse::text(200, "ok");
  std::string text;
  for (const Check& check : checks) {
    if (check.failure.empty()) {
      text.append("[+]").append(check.name).append(" ok\n");
    } else {
      text.append("[-]")
          .append(check.name)
          .append(check.counts ? " failed: " : " failed, which does not count: ");
      text.append(check.failure).append("\n");
    }
  }
  text.append(name).append(good ? " check passed\n" : " check failed\n");
  return ServerResponse::text(good ? 200 : 500, std::move(text));
}

}  // namespace kubevitals::usage
