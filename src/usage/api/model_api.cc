#include "usage/api/model_api.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "usage/api/json_text.h"
#include "usage/api/time_parameter.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

// What a route gives.
enum class Kind { kKeys, kNodes, kNamespaces, kPods, kContainers, kSystemContainers, kNames, kValues, kList };

// Names that clients of the first versions use.
constexpr std::pair<std::string_view, std::string_view> kDeprecatedNames[] = {
    {"cpu-usage", "cpu/usage_rate"},          {"cpu-limit", "cpu/limit"},
    {"memory-limit", "memory/limit"},         {"memory-usage", "memory/usage"},
    {"memory-working", "memory/working_set"},
};

// The names in a path: "{node}", "{ns}", "{pod}", "{container}", "{pods}" and "{nodes}" are one segment each,
// "{metric}" is all that is left, at least one.
struct Route {
  std::string_view path;
  Kind kind;
  SetType type;
};

// In the incumbent's order; node-list is ours.
constexpr Route kRoutes[] = {
    {"debug/allkeys", Kind::kKeys, {}},
    {"metrics", Kind::kNames, SetType::kCluster},
    {"metrics/{metric}", Kind::kValues, SetType::kCluster},
    {"nodes", Kind::kNodes, {}},
    {"nodes/{node}/metrics", Kind::kNames, SetType::kNode},
    {"nodes/{node}/metrics/{metric}", Kind::kValues, SetType::kNode},
    {"namespaces", Kind::kNamespaces, {}},
    {"namespaces/{ns}/metrics", Kind::kNames, SetType::kNamespace},
    {"namespaces/{ns}/metrics/{metric}", Kind::kValues, SetType::kNamespace},
    {"namespaces/{ns}/pods", Kind::kPods, {}},
    {"namespaces/{ns}/pods/{pod}/metrics", Kind::kNames, SetType::kPod},
    {"namespaces/{ns}/pods/{pod}/metrics/{metric}", Kind::kValues, SetType::kPod},
    {"namespaces/{ns}/pods/{pod}/containers", Kind::kContainers, {}},
    {"namespaces/{ns}/pods/{pod}/containers/{container}/metrics", Kind::kNames, SetType::kPodContainer},
    {"namespaces/{ns}/pods/{pod}/containers/{container}/metrics/{metric}", Kind::kValues,
     SetType::kPodContainer},
    {"nodes/{node}/freecontainers", Kind::kSystemContainers, {}},
    {"nodes/{node}/freecontainers/{container}/metrics", Kind::kNames, SetType::kSystemContainer},
    {"nodes/{node}/freecontainers/{container}/metrics/{metric}", Kind::kValues, SetType::kSystemContainer},
    {"namespaces/{ns}/pod-list/{pods}/metrics/{metric}", Kind::kList, SetType::kPod},
    {"node-list/{nodes}/metrics/{metric}", Kind::kList, SetType::kNode},
};

// What a path's names are.
struct Match {
  SetName set;
  std::string_view list;
  std::string_view metric;
};

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return segment;
}

// `path` has no slash at its ends.
std::optional<Match> match(const Route& route, std::string_view path) {
  Match found;
  found.set.type = route.type;
  std::string_view pattern = route.path;
  while (!pattern.empty()) {
    if (path.empty()) return std::nullopt;
    const std::string_view wanted = next_segment(pattern);
    if (wanted == "{metric}") {
      found.metric = path;
      return found;
    }
    const std::string_view segment = next_segment(path);
    if (wanted == "{node}") {
      found.set.node = segment;
    } else if (wanted == "{ns}") {
      found.set.namespace_ = segment;
    } else if (wanted == "{pod}") {
      found.set.pod = segment;
    } else if (wanted == "{container}") {
      found.set.container = segment;
    } else if (wanted.starts_with('{')) {
      found.list = segment;
    } else if (wanted != segment) {
      return std::nullopt;
    }
  }
  return path.empty() ? std::optional(found) : std::nullopt;
}

ServerResponse json(std::string body) {
  return ServerResponse::text(200, std::move(body), "application/json");
}

ServerResponse pretty(std::string_view document) {
  return json(indent_json(document, " ", " "));
}

struct Query {
  Nanos start = std::numeric_limits<Nanos>::min();
  Nanos end = 0;
  std::optional<MetricSink::Labels> labels;
};

Result<MetricSink::Labels> parse_labels(std::string_view text) {
  MetricSink::Labels labels;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = text.substr(0, comma);
    const std::size_t colon = pair.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == pair.size()) {
      return Error{ErrorCode::kInvalid, "invalid label pair " + go_quote(pair)};
    }
    std::erase_if(labels, [&](const auto& known) { return known.first == pair.substr(0, colon); });
    labels.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
    if (comma == std::string_view::npos) return labels;
    text.remove_prefix(comma + 1);
  }
}

Result<Query> parse_query(const ServerRequest& request, Nanos now) {
  Query query;
  query.end = now;
  for (const auto& [name, time] : {std::pair("start", &query.start), std::pair("end", &query.end)}) {
    const std::string_view text = request.parameter(name).value_or("");
    if (text.empty()) continue;
    const Result<Nanos> parsed = parse_time_parameter(text);
    if (!parsed) return parsed.error().wrap("timestamp argument cannot be parsed");
    *time = *parsed;
  }
  const std::string_view labels = request.parameter("labels").value_or("");
  if (labels.empty()) return query;
  Result<MetricSink::Labels> parsed = parse_labels(labels);
  if (!parsed) return parsed.error();
  query.labels = std::move(*parsed);
  return query;
}

void append_points(std::string& out, const std::vector<MetricSink::Point>& points) {
  Nanos latest = kNoTime;
  out.append(R"({"metrics":[)");
  for (const MetricSink::Point& point : points) {
    latest = std::max(latest, point.time);
    if (out.back() != '[') out.push_back(',');
    out.append(R"({"timestamp":)");
    append_time(out, point.time);
    out.append(R"(,"value":)");
    if (point.type == ValueType::kFloat) {
      append_float(out, as_float(point.value));
    } else {
      append_unsigned(out, static_cast<std::uint64_t>(point.value));
    }
    out.push_back('}');
  }
  out.append(R"(],"latestTimestamp":)");
  append_time(out, latest);
  out.push_back('}');
}

ServerResponse values(const MetricSink& sink, const ServerRequest& request, Match match, bool list,
                      Nanos now) {
  const Result<Query> query = parse_query(request, now);
  if (!query) return ServerResponse::text(400, query.error().message);
  for (const auto& [old, name] : kDeprecatedNames) {
    if (match.metric == old) match.metric = name;
  }
  std::vector<SetName> sets;
  for (std::string_view rest = match.list;;) {
    const std::size_t comma = rest.find(',');
    if (list) (match.set.type == SetType::kPod ? match.set.pod : match.set.node) = rest.substr(0, comma);
    sets.push_back(match.set);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const std::vector<MetricSink::Points> found =
      query->labels ? sink.labelled_points(sets, match.metric, *query->labels, query->start, query->end)
                    : sink.points(sets, match.metric, query->start, query->end);
  std::string out;
  if (!list) {
    append_points(out, found.front());
    return pretty(out);
  }
  out = R"({"items":[)";
  for (const MetricSink::Points& points : found) {
    if (out.back() != '[') out.push_back(',');
    append_points(out, points);
  }
  return json(out.append("]}\n"));
}

}  // namespace

ServerResponse model_answer(const MetricSink& sink, const ServerRequest& request, Nanos now) {
  std::string_view path = request.path;
  path.remove_prefix(std::min(kModelPath.size(), path.size()));
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  for (const Route& route : kRoutes) {
    const std::optional<Match> found = match(route, path);
    if (!found) continue;
    const SetName& set = found->set;
    switch (route.kind) {
      case Kind::kKeys:
        return pretty(string_list(sink.keys()));
      case Kind::kNodes:
        return pretty(string_list(sink.nodes()));
      case Kind::kNamespaces:
        return pretty(string_list(sink.namespaces()));
      case Kind::kPods:
        return pretty(string_list(sink.pods(set.namespace_)));
      case Kind::kContainers:
        return pretty(string_list(sink.containers(set.namespace_, set.pod)));
      case Kind::kSystemContainers:
        return pretty(string_list(sink.system_containers(set.node)));
      case Kind::kNames:
        return pretty(string_list(sink.metric_names(set)));
      case Kind::kValues:
        return values(sink, request, *found, false, now);
      case Kind::kList:
        return values(sink, request, *found, true, now);
    }
  }
  return ServerResponse::text(404, "404 page not found\n");
}

}  // namespace kubevitals::usage
