#include "sim/api/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>
#include <vector>

#include "sim/api/aggregator.h"
#include "sim/api/discovery.h"
#include "sim/api/fault_body.h"
#include "sim/api/list_body.h"
#include "sim/api/requests.h"
#include "sim/kubelet/kubelets.h"
#include "sim/protobuf.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

std::string header(const net::ServerRequest& request, std::string_view name) {
  return request.headers.joined(name);
}

// The Status of a failure that was asked for.
ApiError failure(const Fault& fault) {
  std::string_view reason = "InternalError";
  switch (fault.status) {
    case 401:
      reason = "Unauthorized";
      break;
    case 403:
      reason = "Forbidden";
      break;
    case 404:
      reason = "NotFound";
      break;
    case 410:
      reason = "Expired";
      break;
    case 422:
      reason = "Invalid";
      break;
    case 429:
      reason = "TooManyRequests";
      break;
    case 503:
      reason = "ServiceUnavailable";
      break;
    case 504:
      reason = "Timeout";
      break;
    default:
      break;
  }
  return {fault.status,
          std::string(reason),
          "the simulated API server fails as it was asked to",
          {},
          fault.retry_after};
}

// The verb as authorization and faults name it.
std::string_view verb_of(const net::ServerRequest& request, bool named) {
  if (request.method == "GET" || request.method == "HEAD") {
    if (named) return "get";
    const std::optional<std::string_view> watch = request.parameter("watch");
    return watch && (*watch == "true" || *watch == "1") ? "watch" : "list";
  }
  if (request.method == "POST") return "create";
  if (request.method == "PUT") return "update";
  if (request.method == "PATCH") return "patch";
  if (request.method == "DELETE") return named ? "delete" : "deletecollection";
  return "";
}

// "/api/v1/nodes/NAME/proxy/stats/summary": the name, perhaps with scheme and port, and the kubelet's path.
struct NodeProxyPath {
  std::string_view name, path;
};

std::optional<NodeProxyPath> node_proxy_path(std::string_view path) {
  constexpr std::string_view kNodes = "/api/v1/nodes/", kProxy = "/proxy";
  if (!path.starts_with(kNodes)) return std::nullopt;
  path.remove_prefix(kNodes.size());
  const std::size_t slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  NodeProxyPath parts{path.substr(0, slash), path.substr(slash)};
  if (!parts.path.starts_with(kProxy)) return std::nullopt;
  parts.path.remove_prefix(kProxy.size());
  if (!parts.path.empty() && parts.path.front() != '/') return std::nullopt;
  // "name", "name:port" or "scheme:name:port".
  if (const std::size_t port = parts.name.rfind(':'); port != std::string_view::npos) {
    parts.name = parts.name.substr(0, port);
  }
  if (const std::size_t scheme = parts.name.find(':'); scheme != std::string_view::npos) {
    parts.name.remove_prefix(scheme + 1);
  }
  return parts;
}

bool is_node_proxy(std::string_view path) {
  return node_proxy_path(path).has_value();
}

std::vector<std::shared_ptr<const char>> make_presences() {
  std::vector<std::shared_ptr<const char>> presences;
  for (std::size_t i = 0; i < catalog().size(); ++i) presences.push_back(std::make_shared<const char>());
  return presences;
}

}  // namespace

ApiServer::ApiServer(std::shared_ptr<Cluster> cluster, Clock& clock, ApiServerOptions options,
                     std::uint64_t seed)
    : cluster_(std::move(cluster)),
      clock_(clock),
      options_(std::move(options)),
      faults_(clock, seed),
      presences_(make_presences()),
      token_(options_.token) {}

void ApiServer::drop_watches() {
  ++watch_epoch_;
  cluster_->wake_all();
}

void ApiServer::set_token(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

std::optional<User> ApiServer::identify(const net::ServerRequest& request) const {
  const std::string authorization = header(request, "Authorization");
  const std::lock_guard lock(mutex_);
  return access_.identify(bearer_token(authorization), token_);
}

asio::awaitable<net::ServerResponse> ApiServer::handle(net::ServerRequest request) {
  const bool admin_path = request.path.starts_with("/sim/");
  if (admin_path) {
    net::ServerResponse done = admin(request);
    const bool changes = request.path == "/sim/faults" && request.method != "GET";
    if (kubelets_ != nullptr && changes) co_await kubelets_->apply_faults();
    co_return done;
  }
  net::ServerResponse response = co_await answer(std::move(request));
  co_return response;
}

// Applies the faults to what would be the right answer.
asio::awaitable<net::ServerResponse> ApiServer::answer(net::ServerRequest request) {
  const std::optional<Target> target = parse_target(request.path);
  const bool named = target && !target->name.empty();
  const std::string_view resource = target ? catalog()[target->resource].type().plural : std::string_view();
  const std::string_view verb = verb_of(request, named);
  const std::vector<Faults::Struck> faults = faults_.strike(resource, verb);
  for (const auto& [id, fault] : faults) {
    if (fault.kind == FaultKind::kDelay) co_await clock_.sleep_for(fault.delay);
    if (fault.kind == FaultKind::kAbort) {
      net::ServerResponse broken;
      broken.abort = true;
      co_return broken;
    }
    if (fault.kind == FaultKind::kStatus) {
      const ApiError error = failure(fault);
      co_return error_response(error);
    }
    if (fault.kind == FaultKind::kGone) {
      const ApiError error = expired("the resourceVersion is too old, as was asked for");
      if (verb != "watch") co_return error_response(error);
      std::string text;
      const unsigned index = target ? target->resource : 0u;
      const Media media = negotiate(header(request, "Accept"), true).value_or(Media{});
      Encoder encoder(cluster_->layout(), index, media);
      encoder.append_error(text, error.document());
      net::ServerResponse gone;
      gone.headers.set("Content-Type", std::string(media.content_type(true)));
      gone.body = make_text_body(std::move(text));
      co_return gone;
    }
  }
  net::ServerResponse response;
  const std::optional<User> user = identify(request);
  if (!user) {
    response = error_response({401, "Unauthorized", "Unauthorized", {}});
  } else if (target) {
    response = co_await answer_target(std::move(request), *target, faults);
  } else if (aggregator_ != nullptr && aggregator_->handles(request.path)) {
    response = co_await aggregator_->forward(std::move(request), *user);
  } else if (is_node_proxy(request.path)) {
    response = co_await proxy_to_node(std::move(request));
  } else {
    response = fixed_path(request).value_or(error_response(path_not_found()));
  }
  for (const auto& [id, fault] : faults) {
    if (fault.kind == FaultKind::kWrongContentType) response.headers.set("Content-Type", "text/html");
  }
  std::unique_ptr<net::BodySource> body;
  if (std::string* text = std::get_if<std::string>(&response.body)) {
    if (faults.empty()) co_return response;
    body = make_text_body(std::move(*text));
  } else {
    body = std::move(std::get<std::unique_ptr<net::BodySource>>(response.body));
  }
  response.body = disturb(std::move(body), faults, clock_);
  co_return response;
}

std::optional<ApiServer::Target> ApiServer::parse_target(std::string_view path) const {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end != 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (parts.size() > 10) return std::nullopt;
  }
  std::string_view group, version;
  std::size_t at = 0;
  if (parts.size() >= 3 && parts[0] == "api") {
    version = parts[1];
    at = 2;
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    group = parts[1];
    version = parts[2];
    at = 3;
  } else {
    return std::nullopt;
  }
  Target target;
  // "namespaces/x/pods" is in a namespace; "namespaces", "namespaces/x" and "namespaces/x/status" are about
  // it.
  if (parts[at] == "namespaces" && parts.size() > at + 2 && find_resource(group, version, parts[at + 2])) {
    target.ns = parts[at + 1];
    at += 2;
  }
  const std::optional<unsigned> resource = find_resource(group, version, parts[at]);
  if (!resource || parts.size() > at + 3) return std::nullopt;
  target.resource = *resource;
  if (parts.size() > at + 1) target.name = parts[at + 1];
  if (parts.size() > at + 2) target.subresource = parts[at + 2];
  const bool namespaced = catalog()[*resource].type().namespaced;
  if (!target.ns.empty() && !namespaced) return std::nullopt;
  if (target.ns.empty() && namespaced && !target.name.empty()) return std::nullopt;
  return target;
}

// The paths are those of the server's own kinds that are only created, and never kept.
std::optional<net::ServerResponse> ApiServer::review(const net::ServerRequest& request) const {
  constexpr std::string_view kToken = "/apis/authentication.k8s.io/v1/tokenreviews";
  constexpr std::string_view kAccess = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  constexpr std::string_view kSelf = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const std::string& path = request.path;
  if (request.method != "POST" || (path != kToken && path != kAccess && path != kSelf)) return std::nullopt;
  const ApiResult<json::value> body = parse_body(request);
  if (!body) return error_response(body.error());
  json::object review = body->is_object() ? body->get_object() : json::object();
  if (path == kAccess) return json_response(201, access_.review_access(std::move(review)));
  if (path == kToken) {
    const std::lock_guard lock(mutex_);
    return json_response(201, access_.review_token(std::move(review), token_));
  }
  const std::optional<User> user = identify(request);
  if (!user) return error_response({401, "Unauthorized", "Unauthorized", {}});
  json::object& spec = object_member(review, "spec");
  json::array groups;
  for (const std::string& group : user->groups) groups.emplace_back(group);
  spec["user"] = user->name;
  spec["groups"] = std::move(groups);
  review = access_.review_access(std::move(review));
  object_member(review, "spec").erase("user");
  object_member(review, "spec").erase("groups");
  return json_response(201, review);
}

asio::awaitable<net::ServerResponse> ApiServer::proxy_to_node(net::ServerRequest request) const {
  const std::string whole = request.path;
  const std::optional<NodeProxyPath> parts = node_proxy_path(whole);
  if (!cluster_->get(kNode, {}, parts->name)) co_return error_response(not_found(kube::kNodes, parts->name));
  const std::uint32_t node = node_number(cluster_->layout(), parts->name);
  if (kubelets_ == nullptr || node == kNone) {
    co_return error_response(
        {503, "ServiceUnavailable", "error trying to reach service: the node has no kubelet", {}});
  }
  request.path = parts->path.empty() ? "/" : parts->path;
  net::ServerResponse response = co_await kubelets_->proxy(node, std::move(request));
  co_return response;
}

std::optional<net::ServerResponse> ApiServer::fixed_path(const net::ServerRequest& request) const {
  const std::string& path = request.path;
  if (path == "/healthz" || path == "/livez" || path == "/readyz" || path.starts_with("/livez/") ||
      path.starts_with("/readyz/")) {
    return net::ServerResponse::text(200, "ok");
  }
  if (std::optional<net::ServerResponse> answer = review(request)) return answer;
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  std::optional<json::object> document = discovery_document(
      path, header(request, "Accept"), aggregator_ != nullptr && aggregator_->registered());
  if (path == "/openapi/v2") {
    if (header(request, "Accept").find("protobuf") == std::string::npos)
      return json_response(200, openapi_v2_document());
    net::ServerResponse response;
    response.headers.set("Content-Type", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    response.body = openapi_v2_protobuf();
    return response;
  }
  if (!document) return std::nullopt;
  net::ServerResponse response = json_response(200, *document);
  const std::string_view aggregated =
      path == "/api" || path == "/apis" ? negotiate_discovery(header(request, "Accept")) : std::string_view();
  if (!aggregated.empty()) {
    response.headers.set(
        "Content-Type",
        fmt::format("application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList", aggregated));
    response.headers.set("Vary", "Accept");
  }
  return response;
}

asio::awaitable<net::ServerResponse> ApiServer::answer_target(net::ServerRequest request, Target target,
                                                              std::vector<Faults::Struck> faults) {
  const kube::ResourceType& type = catalog()[target.resource].type();
  const bool protobuf = has_protobuf_schema(type.api_version(), type.kind);
  std::optional<Media> media = negotiate(header(request, "Accept"), protobuf);
  if (!media) {
    co_return error_response(
        {406, "NotAcceptable", "only JSON and protobuf are served, and tables in JSON", {}});
  }
  const std::optional<std::string_view> include = request.parameter("includeObject");
  if (include && *include == "None") media->include = IncludeObject::kNothing;
  if (include && *include == "Object") media->include = IncludeObject::kObject;
  const std::string_view verb = verb_of(request, !target.name.empty());
  if (verb == "list" || verb == "watch") {
    ApiResult<ListOptions> options =
        parse_list_options(request.query, type, target.ns, {}, options_.watch_list);
    if (!options) co_return error_response(options.error());
    if (verb == "watch") co_return watch(target, std::move(*options), *media, std::move(faults));
    net::ServerResponse response = co_await list(std::move(target), std::move(*options), *media);
    co_return response;
  }
  if (verb == "get") co_return get(request, target, *media);
  if (verb.empty()) co_return error_response(method_not_allowed(request.method));
  co_return write(request, target, *media);
}

net::ServerResponse ApiServer::get(const net::ServerRequest& request, const Target& target,
                                   Media media) const {
  const Resource& resource = catalog()[target.resource];
  const std::string_view sub = target.subresource;
  const ApiResult<std::optional<std::uint64_t>> rv =
      parse_resource_version(request.parameter("resourceVersion").value_or(""));
  if (!rv) return error_response(rv.error());
  const std::uint64_t current = cluster_->rv();
  if (*rv && **rv > current) return error_response(too_large_resource_version(**rv, current));
  if (sub == "scale" && resource.api.scale) {
    const ApiResult<Written> scale =
        get_scale(*cluster_, {target.resource, target.ns, target.name, target.subresource});
    return scale ? json_response(200, scale->object) : error_response(scale.error());
  }
  const std::optional<Version> version = cluster_->get(target.resource, target.ns, target.name);
  if (!version) return error_response(not_found(resource.type(), target.name));
  if (sub == "log" && target.resource == kPod) {
    return net::ServerResponse::text(200, fmt::format("{} started\n{} ready\n", target.name, target.name));
  }
  if (!sub.empty() && !(sub == "status" && resource.api.status)) return error_response(path_not_found());
  std::string text;
  Encoder encoder(cluster_->layout(), target.resource, media);
  encoder.append_version(text, *version, cluster_->wall_seconds());
  net::ServerResponse response;
  response.headers.set("Content-Type", std::string(media.content_type(false)));
  response.body = std::move(text);
  return response;
}

asio::awaitable<net::ServerResponse> ApiServer::list(Target target, ListOptions options, Media media) const {
  using Match = ListOptions::Match;
  const std::uint64_t current = cluster_->rv();
  std::optional<std::uint64_t> at;
  std::string start;
  std::size_t limit = options.limit;
  if (!options.continue_token.empty()) {
    const std::optional<ContinueToken> token = ContinueToken::decode(options.continue_token);
    if (!token) co_return error_response(bad_request("continue key is not valid"));
    if (options.rv && *options.rv != 0) {
      co_return error_response(bad_request("specifying resource version is not allowed when using continue"));
    }
    start = token->start;
    if (token->rv > 0) at = static_cast<std::uint64_t>(token->rv);
    if (at && *at > current)
      co_return error_response(bad_request("continue key is not valid: its resourceVersion is to come"));
  } else if (options.rv) {
    if (*options.rv > current) co_return error_response(too_large_resource_version(*options.rv, current));
    // Without a match a page is taken at exactly the resourceVersion, as ever; a whole list at least at it.
    const bool exact = options.match == Match::kExact || (options.match == Match::kUnset && limit != 0);
    if (exact && *options.rv != 0) at = options.rv;
    if (*options.rv == 0) limit = 0;  // served from the cache, which pages nothing
  }
  const bool filtered = !options.selection.selects_all();
  Result<Snapshot> snapshot = cluster_->list(target.resource, at, target.ns, start, filtered ? 0 : limit);
  if (!snapshot) {
    ApiError error = expired(snapshot.error().message);
    if (!start.empty()) {
      error.message =
          "the continue token is too old; start again, or go on with the token given here, inconsistently";
      error.continue_token = ContinueToken{-1, start}.encode();
    }
    co_return error_response(error);
  }
  if (filtered) co_await filter(*cluster_, target.resource, options.selection, limit, *snapshot);
  ListMetadata metadata;
  metadata.rv = snapshot->rv;
  if (!snapshot->next_key.empty()) {
    metadata.continue_token =
        ContinueToken{static_cast<std::int64_t>(snapshot->rv), snapshot->next_key}.encode();
    metadata.has_remaining = !filtered;
    metadata.remaining = snapshot->remaining;
  }
  net::ServerResponse response;
  response.headers.set("Content-Type", std::string(media.content_type(false)));
  response.body = make_list_body(cluster_, target.resource, media, std::move(*snapshot), std::move(metadata));
  co_return response;
}

net::ServerResponse ApiServer::watch(const Target& target, ListOptions options, Media media,
                                     std::vector<Faults::Struck> struck) const {
  WatchOptions watch;
  watch.media = media;
  watch.selection = std::move(options.selection);
  watch.bookmarks = options.bookmarks;
  watch.bookmark_interval = options_.bookmark_interval;
  // Without a wish a watch lasts half an hour to an hour, as the API server's --min-request-timeout has it.
  constexpr std::int64_t kDefaultSeconds = 1800;
  const auto spread = static_cast<std::int64_t>(mix(cluster_->rv()) % kDefaultSeconds);
  watch.timeout = std::chrono::seconds(options.timeout_seconds.value_or(kDefaultSeconds + spread));
  const bool initial = options.send_initial_events.value_or(false);
  const bool begin_anywhere = !options.rv || *options.rv == 0;
  if (initial || (begin_anywhere && !options.send_initial_events)) {
    Result<Snapshot> snapshot = cluster_->list(target.resource, std::nullopt, target.ns);
    if (!snapshot) return error_response(expired(snapshot.error().message));
    if (initial && options.rv && *options.rv > snapshot->rv) {
      return error_response(too_large_resource_version(*options.rv, snapshot->rv));
    }
    watch.rv = snapshot->rv;
    watch.initial = std::move(*snapshot);
    watch.initial_end_bookmark = initial && options.bookmarks;
  } else {
    watch.rv = begin_anywhere ? cluster_->rv() : *options.rv;
  }
  const std::string resource(catalog()[target.resource].type().plural);
  watch.disturbance = [this, resource, struck = std::move(struck), epoch = watch_epoch_.load()] {
    WatchDisturbance now;
    now.silent = faults_.in_force(FaultKind::kSilence, resource, struck);
    now.duplicate = faults_.in_force(FaultKind::kDuplicate, resource, struck);
    now.out_of_order = faults_.in_force(FaultKind::kOutOfOrder, resource, struck);
    now.dropped = watch_epoch_.load() != epoch;
    return now;
  };
  watch.presence = presences_[target.resource];
  net::ServerResponse response;
  response.headers.set("Content-Type", std::string(media.content_type(true)));
  response.headers.set("Cache-Control", "no-cache, private");
  response.body = make_watch_body(cluster_, target.resource, clock_, std::move(watch));
  return response;
}

net::ServerResponse ApiServer::write(const net::ServerRequest& request, const Target& target, Media media) {
  const Resource& resource = catalog()[target.resource];
  const std::string_view verb = verb_of(request, !target.name.empty());
  const std::string_view sub = target.subresource;
  const bool pod_post = target.resource == kPod && (sub == "binding" || sub == "eviction");
  const bool known = sub.empty() || (sub == "status" && resource.api.status) ||
                     (sub == "scale" && resource.api.scale) ||
                     (sub == "finalize" && target.resource == kNamespace) || pod_post;
  if (!known) return error_response(path_not_found());
  const bool misplaced = verb == "create" ? !target.name.empty() && !pod_post : false;
  if (misplaced || (pod_post && verb != "create") ||
      (verb != "create" && verb != "deletecollection" && target.name.empty())) {
    return error_response(method_not_allowed(request.method));
  }
  WriteTarget write_target{target.resource, target.ns, target.name, target.subresource, false};
  write_target.dry_run = request.parameter("dryRun").value_or("") == "All";
  const ApiResult<json::value> body = parse_body(request);
  if (!body) return error_response(body.error());
  const json::object object = body->is_object() ? body->get_object() : json::object();
  if ((verb == "create" || verb == "update") && !pod_post && sub.empty()) {
    if (!body->is_object()) return error_response(bad_request("the body is not an object"));
    const json::value* kind = object.if_contains("kind");
    if (kind != nullptr && *kind != json::value(resource.type().kind)) {
      return error_response(bad_request(fmt::format("the object's kind is not {}", resource.type().kind)));
    }
  }
  const ApiResult<Written> written = [&]() -> ApiResult<Written> {
    if (verb == "create") return create_object(*cluster_, write_target, object);
    if (verb == "update") return update_object(*cluster_, write_target, object);
    if (verb == "delete") return delete_object(*cluster_, write_target, object);
    if (verb == "deletecollection") {
      const ApiResult<ListOptions> options =
          parse_list_options(request.query, resource.type(), target.ns, {}, options_.watch_list);
      if (!options) return options.error();
      return delete_objects(*cluster_, write_target, options->selection, with_query_options(object, request));
    }
    const std::optional<PatchType> type = patch_type(header(request, "Content-Type"));
    if (!type) return ApiError{415, "UnsupportedMediaType", "this kind of patch is not supported", {}};
    return patch_object(*cluster_, write_target, *type, *body);
  }();
  if (!written) return error_response(written.error());
  if (written->typed) return json_response(written->code, written->object);
  std::string text;
  Encoder encoder(cluster_->layout(), target.resource, media);
  encoder.append_object(text, written->object, cluster_->wall_seconds());
  net::ServerResponse response;
  response.status = written->code;
  response.headers.set("Content-Type", std::string(media.content_type(false)));
  response.body = std::move(text);
  return response;
}

}  // namespace kubevitals::sim
