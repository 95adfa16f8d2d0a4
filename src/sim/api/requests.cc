#include "sim/api/requests.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "sim/api/discovery.h"
#include "sim/protobuf.h"

namespace kubevitals::sim {

net::ServerResponse json_response(int status, const json::object& document) {
  std::string text;
  append_json(text, document);
  text.push_back('\n');
  net::ServerResponse response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(text);
  return response;
}

net::ServerResponse error_response(const ApiError& error) {
  net::ServerResponse response = json_response(error.code, error.document());
  if (error.retry_after_seconds != 0) {
    response.headers.set("Retry-After", std::to_string(error.retry_after_seconds));
  }
  return response;
}

ApiResult<json::value> parse_body(const net::ServerRequest& request) {
  if (request.body.empty()) return json::value();
  const std::string type = request.headers.joined("Content-Type");
  if (type.starts_with("application/vnd.kubernetes.protobuf")) {
    Result<json::object> decoded = decode_protobuf(request.body);
    if (!decoded) return bad_request(decoded.error().message);
    return json::value(std::move(*decoded));
  }
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error) return bad_request("cannot read the body: " + error.message());
  return value;
}

std::optional<PatchType> patch_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  if (content_type == "application/merge-patch+json") return PatchType::kMerge;
  if (content_type == "application/json-patch+json") return PatchType::kJson;
  if (content_type == "application/strategic-merge-patch+json") return PatchType::kStrategic;
  if (content_type == "application/apply-patch+yaml") return PatchType::kApply;
  return std::nullopt;
}

json::object with_query_options(json::object options, const net::ServerRequest& request) {
  if (const auto policy = request.parameter("propagationPolicy")) options["propagationPolicy"] = *policy;
  if (const auto grace = request.parameter("gracePeriodSeconds")) {
    std::int64_t seconds = 30;
    std::from_chars(grace->data(), grace->data() + grace->size(), seconds);
    options["gracePeriodSeconds"] = seconds;
  }
  return options;
}

std::optional<json::object> discovery_document(std::string_view path, std::string_view accept,
                                               bool aggregated) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path == "/version") return version_document();
  if (path == "/api" || path == "/apis") {
    const std::string_view version = negotiate_discovery(accept);
    if (!version.empty()) return aggregated_document(path == "/api", version, aggregated);
    return path == "/api" ? core_versions_document() : groups_document(aggregated);
  }
  if (path == "/api/v1") return resources_document("", "v1");
  if (path == "/openapi/v3") return openapi_v3_index();
  constexpr std::string_view kOpenApi = "/openapi/v3/", kGroups = "/apis/";
  if (path.starts_with(kOpenApi)) return openapi_v3_document(path.substr(kOpenApi.size()));
  if (!path.starts_with(kGroups)) return std::nullopt;
  path.remove_prefix(kGroups.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return group_document(path, aggregated);
  return resources_document(path.substr(0, slash), path.substr(slash + 1));
}

asio::awaitable<void> filter(const Cluster& cluster, unsigned resource, const Selection& selection,
                             std::size_t limit, Snapshot& snapshot) {
  constexpr std::size_t kAtOnce = 100;
  Encoder encoder(cluster.layout(), resource, Media{});
  std::vector<Version> kept;
  std::size_t rendered = 0;
  for (Version& version : snapshot.versions) {
    if (!selection.may_match(cluster.layout(), resource, version)) continue;
    if (++rendered % kAtOnce == 0) {
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
    }
    if (!selection.matches(encoder, resource, cluster.layout(), version)) continue;
    if (limit != 0 && kept.size() == limit) {
      snapshot.next_key = key_of(cluster.layout(), resource, version);
      break;
    }
    kept.push_back(std::move(version));
  }
  snapshot.versions = std::move(kept);
  snapshot.first_position = Snapshot::kUnknown;
}

}  // namespace kubevitals::sim
