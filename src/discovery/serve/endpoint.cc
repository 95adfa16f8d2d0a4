#include "discovery/serve/endpoint.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/yaml_scalar.h"
#include "discovery/serve/explain.h"
#include "discovery/serve/status_page.h"
#include "discovery/serve/target_walk.h"
#include "discovery/serve/targets_api.h"
#include "exposition/generated_body.h"
#include "exposition/negotiation.h"
#include "net/http_message.h"
#include "net/profile_endpoint.h"

namespace kubevitals::discovery {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view kSdPath = "/sd/v1/jobs";

ServerResponse json(int status, std::string body) {
  return ServerResponse::text(status, std::move(body), "application/json");
}

ServerResponse success(const std::string& data) {
  return json(200, R"({"status":"success","data":)" + data + "}\n");
}

// As Prometheus' API says that something was asked for in a wrong way.
ServerResponse bad_data(std::string_view cause) {
  std::string body = R"({"status":"error","errorType":"bad_data","error":)";
  append_json_string(body, cause);
  return json(400, body + "}\n");
}

std::optional<ServerResponse> refuse_method(const ServerRequest& request,
                                            std::initializer_list<std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), request.method) != allowed.end()) return std::nullopt;
  std::string list;
  for (const std::string_view method : allowed) list.append(list.empty() ? "" : ", ").append(method);
  ServerResponse response = ServerResponse::text(405, "only " + list + " are allowed here\n");
  response.headers.set("Allow", list);
  return response;
}

std::string scrape_pools(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& job : snapshot.jobs) names.push_back(job->spec->name);
  std::sort(names.begin(), names.end());
  std::string data = R"({"scrapePools":[)";
  for (const std::string& name : names) {
    if (data.back() != '[') data += ',';
    append_json_string(data, name);
  }
  return data + "]}";
}

std::string alertmanagers(const Snapshot& snapshot) {
  std::string active = "[";
  std::string dropped = "[";
  const auto append = [](std::string& list, const std::string& url) {
    if (list.back() != '[') list += ',';
    list.append(R"({"url":)");
    append_json_string(list, url);
    list += '}';
  };
  static const LabelName kScheme("__scheme__");
  static const LabelName kPath("__alerts_path__");
  const auto url = [](std::string_view scheme, std::string_view address, std::string_view path) {
    const std::string_view slash = path.empty() || path.starts_with('/') ? "" : "/";
    return std::string(scheme).append("://").append(address).append(slash).append(net::encode_path(path));
  };
  for (const auto& job : snapshot.jobs) {
    const TargetBuilder builder(job->spec->target);
    std::unordered_set<std::string> seen;
    LabelSet discovered;
    TargetWalk walk(job);
    const auto visit = [&](const WalkedTarget& walked) {
      if (walked.kept != nullptr) {
        const LabelBlock& labels = *walked.kept->labels;
        const auto value = [&labels](LabelName name) { return labels.find(name).value_or(""); };
        std::string found = url(value(kScheme), value(address_label()), value(kPath));
        if (seen.insert(found).second) append(active, found);
      } else if (walked.failed == nullptr) {
        builder.discovered(walked.target(), walked.group->labels.get(), discovered);
        append(dropped, url(discovered.get(kScheme), discovered.get(address_label()), discovered.get(kPath)));
      }
    };
    while (walk.next_page(visit)) {
    }
  }
  return R"({"activeAlertmanagers":)" + active + R"(],"droppedAlertmanagers":)" + dropped + "]}";
}

}  // namespace

Endpoint::Endpoint(EndpointSources sources, asio::any_io_executor workers)
    : sources_(std::move(sources)),
      workers_(std::move(workers)),
      sd_(*sources_.scrape, workers_, sources_.instance) {}

asio::awaitable<ServerResponse> Endpoint::answer(ServerRequest request) const {
  const bool is_reload = request.path == "/-/reload";
  auto refused =
      is_reload ? refuse_method(request, {"POST", "PUT"}) : refuse_method(request, {"GET", "HEAD"});
  if (refused) co_return std::move(*refused);
  if (is_reload) {
    auto reloading = reload();
    co_return co_await std::move(reloading);
  }
  if (request.path == kSdPath || request.path.starts_with("/sd/v1/jobs/")) {
    std::string job = request.path.size() > kSdPath.size() ? request.path.substr(kSdPath.size() + 1) : "";
    auto answered = sd_.answer(std::move(request), std::move(job));
    co_return co_await std::move(answered);
  }
  if (request.path == "/api/v1/explain") {
    auto explained = explain_target(std::move(request));
    co_return co_await std::move(explained);
  }
  if (net::is_profile_path(request.path)) {
    auto profiling = net::profile_answer(std::move(request));
    co_return co_await std::move(profiling);
  }
  if (request.path == "/api/v1/targets") co_return targets(request);
  co_return simple(request);
}

ServerResponse Endpoint::simple(const ServerRequest& request) const {
  const std::string& path = request.path;
  if (path == "/") {
    return ServerResponse::text(200, status_page(*sources_.scrape->snapshot(), sources_.version),
                                "text/html; charset=utf-8");
  }
  if (path == "/-/healthy") return ServerResponse::text(200, "kubevitals is healthy.\n");
  if (path == "/-/ready") {
    if (sources_.ready()) return ServerResponse::text(200, "kubevitals is ready.\n");
    return ServerResponse::text(503, "no configuration is in force yet\n");
  }
  if (path == "/metrics") {
    return ServerResponse::text(200, sources_.own_metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/api/v1/scrape_pools") return success(scrape_pools(*sources_.scrape->snapshot()));
  if (path == "/api/v1/alertmanagers") return success(alertmanagers(*sources_.notify->snapshot()));
  if (path == "/api/v1/status/config") {
    std::string data = R"({"yaml":)";
    append_json_string(data, sources_.config_yaml());
    return success(data + "}");
  }
  return ServerResponse::text(404, "there is no such page; see /\n");
}

ServerResponse Endpoint::targets(const ServerRequest& request) const {
  const TargetsQuery query =
      targets_query(request.parameter("state").value_or(""), request.parameter("scrapePool").value_or(""));
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  ServerResponse response;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Vary", "Accept-Encoding");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  auto document = targets_document(sources_.scrape->snapshot(), query);
  response.body = exposition::make_generated_body(workers_, std::move(document), gzip);
  return response;
}

asio::awaitable<ServerResponse> Endpoint::explain_target(ServerRequest request) const {
  ExplainQuery query;
  for (const auto& [name, value] : request.query) {
    if (name == "job") {
      query.job = value;
    } else if (query.label.empty() && !value.empty()) {
      query.label = name == "address" ? "__address__" : name;
      query.value = value;
    }
  }
  if (query.label.empty()) {
    co_return bad_data("name a target by its address or by any label: ?job=JOB&address=HOST:PORT");
  }
  if (!query.job.empty() && !sources_.scrape->snapshot()->find(query.job)) {
    co_return bad_data("there is no job \"" + query.job + "\"");
  }
  auto explained = explain(*sources_.scrape, workers_, std::move(query));
  const std::string data = co_await std::move(explained);
  co_return success(data);
}

asio::awaitable<ServerResponse> Endpoint::reload() const {
  auto reloading = sources_.reload();
  const Result<void> reloaded = co_await std::move(reloading);
  if (reloaded) co_return ServerResponse::text(200, "");
  co_return ServerResponse::text(500, "cannot reload the configuration: " + reloaded.error().message + "\n");
}

}  // namespace kubevitals::discovery
