#include "sim/kubelet/requests.h"

#include <boost/json/parse.hpp>
#include <limits>
#include <utility>

#include "base/rfc3339.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

struct Path {
  std::string_view path, verb, method;
};
constexpr Path kPaths[] = {{"/healthz", "healthz", "GET"},
                           {"/metrics/resource", "resource", "GET"},
                           {"/stats/container", "container", "POST"},
                           {"/stats/summary", "summary", "GET"}};

const Path* find_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const Path& known : kPaths) {
    if (known.path == path) return &known;
  }
  return nullptr;
}

net::ServerResponse json_text(std::string text) {
  return net::ServerResponse::text(200, std::move(text), "application/json");
}

std::optional<double> time_member(const json::object& object, std::string_view key) {
  const std::string_view text = text_member(object, {key});
  const Result<UnixTime> time = parse_rfc3339(text);
  // Go's zero time stands for none.
  if (!time || time->seconds <= 0) return std::nullopt;
  return static_cast<double>(time->seconds) + time->nanos / 1e9;
}

net::ServerResponse container_stats(NodeMeter& meter, const Cluster& cluster, std::uint32_t node,
                                    const net::ServerRequest& request) {
  ContainerStatsRequest wanted;
  double until = std::numeric_limits<double>::infinity();
  const std::int64_t start_time = cluster.layout().start_time();
  if (!request.body.empty()) {
    boost::system::error_code error;
    const json::value body = json::parse(request.body, error);
    const json::object* object = error ? nullptr : body.if_object();
    if (object == nullptr) return net::ServerResponse::text(400, "the body is not a JSON object\n");
    if (const std::string_view name = text_member(*object, {"containerName"}); !name.empty()) {
      wanted.container = name;
    }
    const json::value* all = find_member(*object, {"subcontainers"});
    wanted.subcontainers = all != nullptr && all->is_bool() && all->get_bool();
    wanted.start = time_member(*object, "start");
    if (const std::optional<double> end = time_member(*object, "end")) {
      until = *end - static_cast<double>(start_time);
    }
  }
  std::string text = container_stats_text(meter.measure(node, until), start_time, wanted);
  if (text.empty()) return net::ServerResponse::text(404, "unknown container " + wanted.container + "\n");
  return json_text(std::move(text));
}

}  // namespace

std::string_view kubelet_verb(std::string_view path) {
  const Path* known = find_path(path);
  return known != nullptr ? known->verb : std::string_view();
}

net::ServerResponse answer_kubelet_request(NodeMeter& meter, const Cluster& cluster, std::uint32_t node,
                                           const net::ServerRequest& request) {
  const Path* path = find_path(request.path);
  if (path == nullptr) return net::ServerResponse::text(404, "404 page not found\n");
  const bool read = path->method == "GET" && request.method == "HEAD";
  if (request.method != path->method && !read) {
    return net::ServerResponse::text(405, "405: Method Not Allowed\n");
  }
  const std::int64_t start_time = cluster.layout().start_time();
  if (path->verb == "healthz") return net::ServerResponse::text(200, "ok");
  if (path->verb == "container") return container_stats(meter, cluster, node, request);
  if (path->verb == "resource") {
    return net::ServerResponse::text(200, resource_metrics_text(meter.measure(node), start_time),
                                     "text/plain; version=0.0.4; charset=utf-8");
  }
  const bool brief = request.parameter("only_cpu_and_memory").value_or("") == "true";
  return json_text(summary_text(meter.measure(node), start_time, brief));
}

}  // namespace kubevitals::sim
