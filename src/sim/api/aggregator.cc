#include "sim/api/aggregator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/api/requests.h"
#include "sim/api/write.h"

namespace kubevitals::sim {
namespace {

constexpr std::size_t kMostBytes = 512 << 20;

// What is not passed on: fields of this connection, and what the front proxy alone may say.
bool passed_on(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::string_view kOwn[] = {
      "authorization", "connection",        "content-length", "expect", "host", "keep-alive", "te",
      "trailer",       "transfer-encoding", "upgrade"};
  return std::find(std::begin(kOwn), std::end(kOwn), lower) == std::end(kOwn) &&
         !lower.starts_with("x-remote-");
}

ApiError unavailable(std::string_view why) {
  return {503, "ServiceUnavailable", fmt::format("error trying to reach service: {}", why), {}};
}

json::object api_service(bool available) {
  json::array conditions;
  conditions.emplace_back(
      json::object({{"type", "Available"},
                    {"status", available ? "True" : "False"},
                    {"reason", available ? "Passed" : "FailedDiscoveryCheck"},
                    {"message", available ? "all checks passed" : "the server did not answer"}}));
  return json::object({{"apiVersion", "apiregistration.k8s.io/v1"},
                       {"kind", "APIService"},
                       {"metadata", {{"name", fmt::format("{}.{}", kMetricsVersion, kMetricsGroup)}}},
                       {"spec",
                        {{"group", kMetricsGroup},
                         {"version", kMetricsVersion},
                         {"groupPriorityMinimum", 100},
                         {"versionPriority", 100},
                         {"insecureSkipTLSVerify", true},
                         {"service", {{"name", "metrics"}, {"namespace", "kube-system"}, {"port", 443}}}}},
                       {"status", {{"conditions", std::move(conditions)}}}});
}

// How extension API servers learn whom to trust.
json::object authentication_config(const std::string& authority) {
  return json::object(
      {{"apiVersion", "v1"},
       {"kind", "ConfigMap"},
       {"metadata", {{"name", "extension-apiserver-authentication"}, {"namespace", "kube-system"}}},
       {"data",
        {{"requestheader-allowed-names", "[\"front-proxy-client\"]"},
         {"requestheader-client-ca-file", authority},
         {"requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]"},
         {"requestheader-group-headers", "[\"X-Remote-Group\"]"},
         {"requestheader-uid-headers", "[\"X-Remote-Uid\"]"},
         {"requestheader-username-headers", "[\"X-Remote-User\"]"}}}});
}

WriteTarget target_of(std::string_view group, std::string_view version, std::string_view plural,
                      std::string ns, std::string name) {
  return {find_resource(group, version, plural).value_or(0), std::move(ns), std::move(name), "", false};
}

WriteTarget service_target(std::string subresource, bool named) {
  WriteTarget target = target_of("apiregistration.k8s.io", "v1", "apiservices", "",
                                 named ? fmt::format("{}.{}", kMetricsVersion, kMetricsGroup) : "");
  target.subresource = std::move(subresource);
  return target;
}

}  // namespace

Aggregator::Aggregator(asio::any_io_executor executor, std::shared_ptr<Cluster> cluster,
                       AggregationOptions options)
    : executor_(std::move(executor)), cluster_(std::move(cluster)), options_(std::move(options)) {}

Result<void> Aggregator::start() {
  Result<net::KeyPair> authority = net::make_self_signed_certificate({}, "kubevitals sim front proxy CA");
  if (!authority) return std::move(authority).error();
  Result<net::KeyPair> client = net::make_signed_certificate(*authority, {}, "front-proxy-client");
  if (!client) return std::move(client).error();
  authority_ = std::move(*authority);
  client_ = std::move(*client);
  if (!options_.metrics_api.empty()) return register_server(options_.metrics_api, options_.ca);
  if (options_.enabled) publish(false);
  return {};
}

Result<void> Aggregator::register_server(std::string url, std::string ca) {
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
    return Error{ErrorCode::kInvalid, "cannot use " + url + " as the metrics API: it is not an http URL"};
  }
  std::shared_ptr<Backend> next;
  if (!url.empty()) {
    net::TransportOptions transport;
    transport.certificate_data = client_.certificate;
    transport.key_data = client_.key;
    transport.insecure_skip_verify = ca.empty();
    transport.ca_data = std::move(ca);
    transport.connect_timeout = std::chrono::milliseconds(3000);
    next = std::make_shared<Backend>(executor_, std::move(transport), std::move(url));
  }
  {
    const std::lock_guard lock(mutex_);
    backend_ = next;
    available_ = true;
  }
  publish(next != nullptr);
  return {};
}

// Failures are those of a cluster without kube-system or where the objects are there already.
void Aggregator::publish(bool registered) {
  const WriteTarget config = target_of("", "v1", "configmaps", "kube-system", "");
  static_cast<void>(create_object(*cluster_, config, authentication_config(authority_.certificate)));
  if (registered) {
    static_cast<void>(create_object(*cluster_, service_target("", false), api_service(true)));
    static_cast<void>(update_object(*cluster_, service_target("status", true), api_service(true)));
  } else {
    static_cast<void>(delete_object(*cluster_, service_target("", true), {}));
  }
}

void Aggregator::set_available(bool available) {
  {
    const std::lock_guard lock(mutex_);
    if (available_ == available) return;
    available_ = available;
  }
  static_cast<void>(update_object(*cluster_, service_target("status", true), api_service(available)));
}

std::shared_ptr<Aggregator::Backend> Aggregator::backend() const {
  const std::lock_guard lock(mutex_);
  return backend_;
}

bool Aggregator::registered() const {
  return backend() != nullptr;
}

bool Aggregator::handles(std::string_view path) const {
  // The group's own document is this server's business.
  constexpr std::string_view kPrefix = "/apis/metrics.k8s.io/";
  return path.starts_with(kPrefix) && path.size() > kPrefix.size() && registered();
}

asio::awaitable<net::ServerResponse> Aggregator::forward(net::ServerRequest request, User user) {
  const std::shared_ptr<Backend> to = backend();
  if (!to || !request.target.starts_with('/')) co_return error_response(unavailable("there is none"));
  net::HttpRequest next;
  next.method = request.method;
  next.url = to->url + request.target;
  next.body = std::move(request.body);
  next.proxy_url = std::string();
  next.compressed = false;  // what the client offers is passed on
  for (const auto& [name, value] : request.headers) {
    if (passed_on(name)) next.headers.add(name, value);
  }
  next.headers.add("X-Forwarded-For", request.remote_address);
  next.headers.add("X-Remote-User", user.name);
  if (!user.uid.empty()) next.headers.add("X-Remote-Uid", user.uid);
  for (const std::string& group : user.groups) next.headers.add("X-Remote-Group", group);
  for (const auto& [key, values] : user.extra) {
    for (const std::string& value : values) next.headers.add("X-Remote-Extra-" + net::url_encode(key), value);
  }
  const Result<net::HttpResponse> answer = co_await to->client.send(std::move(next), kMostBytes);
  set_available(static_cast<bool>(answer));
  if (!answer) co_return error_response(unavailable(answer.error().message));
  net::ServerResponse response;
  response.status = answer->status;
  for (const auto& [name, value] : answer->headers) {
    if (passed_on(name) && name != "Date" && name != "date") response.headers.add(name, value);
  }
  response.body = answer->body;
  co_return response;
}

}  // namespace kubevitals::sim
