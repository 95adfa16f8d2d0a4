#include "usage/manager/kubelet_fetcher.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

#include "kube/api_client.h"
#include "net/curl_url.h"

namespace kubevitals::usage {
namespace {

// Bytes of an answer that says why there is none.
constexpr std::size_t kShownReason = 200;

kube::ApiServerConfig credentials_of(const KubeletOptions& options) {
  kube::ApiServerConfig config;
  config.credentials = options.credentials;
  return config;
}

// The resource of the node that a path asks for, as the kubelet authorizes it; or as the API server that
// refused to pass the question on.
std::string_view subresource(std::string_view path, std::string_view cause) {
  if (cause.find("nodes/proxy") != std::string_view::npos) return "nodes/proxy";
  if (path.starts_with("/metrics")) return "nodes/metrics";
  if (path.starts_with("/stats")) return "nodes/stats";
  return "nodes/proxy";
}

}  // namespace

std::string explain_kubelet_failure(int status, std::string_view cause, std::string_view path) {
  if (status == 401) {
    return fmt::format(
        "401 Unauthorized: the kubelet does not take the credentials; a bearer token needs "
        "webhook authentication on the kubelet ({})",
        cause);
  }
  if (status == 403) {
    return fmt::format(
        "403 Forbidden: the service account needs the RBAC rule {{apiGroups: [\"\"], "
        "resources: [\"{}\"], verbs: [\"{}\"]}} ({})",
        subresource(path, cause), path.starts_with("/stats/container") ? "create" : "get", cause);
  }
  if (status == 404) return fmt::format("404 Not Found: this kubelet does not serve {}", path);
  if (status != 0) return fmt::format("{} ({})", status, cause);
  if (cause.find("no alternative name") != std::string_view::npos) {
    return fmt::format(
        "{}. The kubelet's certificate has no IP SANs, or not this address: let the kubelets have "
        "serving certificates of the cluster's CA (serverTLSBootstrap), prefer another type of "
        "address, or use --kubelet-insecure-tls",
        cause);
  }
  if (cause.find("self-signed certificate") != std::string_view::npos ||
      cause.find("unable to get local issuer certificate") != std::string_view::npos) {
    return fmt::format(
        "{}. The kubelet's certificate is not of the authority that is trusted: give its CA with "
        "--kubelet-certificate-authority, or use --kubelet-insecure-tls",
        cause);
  }
  return std::string(cause);
}

KubeletFetcher::KubeletFetcher(asio::any_io_executor io, Clock& clock, SourceOptions options,
                               kube::ApiTransport* api)
    : clock_(clock),
      options_(std::move(options)),
      api_(api),
      credentials_(kube::make_credential_source(credentials_of(options_.kubelet), clock, std::move(io))) {}

asio::awaitable<Result<std::string>> KubeletFetcher::fetch(std::shared_ptr<const NodeRecord> node,
                                                           Period period, std::chrono::milliseconds timeout) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const SourceType& source = *options_.type;
  const std::string what = fmt::format("cannot scrape node {}", node->info->name);
  const std::string path = kubelet_path(*node, source);
  net::PollRequest request;
  request.method = source.method;
  request.timeout = timeout;
  if (source.request_body != nullptr) {
    request.body = source.request_body(period.start, period.end);
    request.headers.set("Content-Type", "application/json");
  }
  if (api_ != nullptr) {
    request.url = fmt::format("/api/v1/nodes/{}/proxy{}", node->info->name, path);
  } else {
    Result<std::string> url = kubelet_url(*node, options_);
    if (!url) co_return url.error().wrap(what);
    request.url = std::move(*url);
  }
  const std::string where = fmt::format("{} at {}", what, request.url);
  auto asking = api_ != nullptr ? ask_api_server(std::move(request)) : ask_kubelet(std::move(request));
  Result<net::PollAnswer> answer = co_await std::move(asking);
  if (!answer) {
    co_return Error{answer.error().code,
                    fmt::format("{}: {}", where, explain_kubelet_failure(0, answer.error().message, path))};
  }
  if (answer->status != 200) {
    const std::string cause =
        explain_kubelet_failure(answer->status, net::shown_text(answer->body, kShownReason), path);
    co_return Error{ErrorCode::kUnavailable, fmt::format("{}: {}", where, cause)};
  }
  co_return std::move(answer->body);
}

asio::awaitable<Result<net::PollAnswer>> KubeletFetcher::ask_api_server(net::PollRequest request) {
  co_await asio::this_coro::throw_if_cancelled(false);
  kube::ApiRequest through;
  through.method = request.method;
  through.path = std::move(request.url);
  through.body = std::move(request.body);
  through.content_type = std::string(request.headers.find("Content-Type").value_or(""));
  through.timeout = request.timeout;
  auto sending = api_->send(std::move(through));
  Result<net::HttpResponse> response = co_await std::move(sending);
  if (!response) co_return response.error();
  co_return net::PollAnswer{response->status, std::move(response->body)};
}

asio::awaitable<Result<net::PollAnswer>> KubeletFetcher::ask_kubelet(net::PollRequest request) {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<net::PollAnswer> refusal;
  kube::Authorization refused;
  while (true) {
    auto getting = credentials_->get();
    Result<kube::Authorization> authorization = co_await std::move(getting);
    if (!authorization) co_return authorization.error();
    if (refusal && *authorization == refused) co_return std::move(*refusal);
    const std::shared_ptr<net::PollingClient> client = client_for(*authorization);
    net::PollRequest authorized = request;
    if (!authorization->header.empty()) authorized.headers.set("Authorization", authorization->header);
    auto asking = client->ask(std::move(authorized));
    Result<net::PollAnswer> answer = co_await std::move(asking);
    if (!answer || refusal || answer->status != 401) co_return answer;
    refusal = std::move(*answer);
    refused = std::move(*authorization);
    credentials_->invalidate(refused);
  }
}

std::shared_ptr<net::PollingClient> KubeletFetcher::client_for(const kube::Authorization& authorization) {
  if (client_ && certificate_ == authorization.certificate) return client_;
  net::TransportOptions options = options_.kubelet.transport;
  options.user_agent = kube::user_agent();
  if (!authorization.certificate.empty()) {
    options.certificate_data = authorization.certificate;
    options.key_data = authorization.key;
  }
  certificate_ = authorization.certificate;
  client_ = std::make_shared<net::PollingClient>(clock_, std::move(options));
  return client_;
}

}  // namespace kubevitals::usage
