#include "kube/api_client.h"

namespace kubevitals::kube {

ApiClient::ApiClient(asio::any_io_executor io, ApiServerConfig config, Clock& clock)
    : io_(std::move(io)), config_(std::move(config)), credentials_(make_credential_source(config_, clock)) {}

ApiClient::~ApiClient() = default;

std::shared_ptr<net::HttpClient> ApiClient::client_for(const Authorization& authorization) {
  const std::lock_guard lock(mutex_);
  if (client_ && certificate_ == authorization.certificate) return client_;
  net::TransportOptions options = config_.transport;
  if (!authorization.certificate.empty()) {
    options.certificate_data = authorization.certificate;
    options.key_data = authorization.key;
  }
  certificate_ = authorization.certificate;
  client_ = std::make_shared<net::HttpClient>(io_, std::move(options));
  return client_;
}

asio::awaitable<Result<ApiClient::Prepared>> ApiClient::prepare(ApiRequest request) {
  Result<Authorization> authorization = co_await credentials_->get();
  if (!authorization) co_return authorization.error();
  Prepared prepared;
  prepared.client = client_for(*authorization);
  net::HttpRequest& http = prepared.request;
  http.method = request.method;
  http.url = config_.url + request.path;
  if (!request.query.empty()) http.url += "?" + net::encode_query(request.query);
  if (!request.accept.empty()) http.headers.set("Accept", request.accept);
  if (!request.content_type.empty()) http.headers.set("Content-Type", request.content_type);
  if (!authorization->header.empty()) http.headers.set("Authorization", authorization->header);
  http.body = std::move(request.body);
  http.compressed = config_.compression;
  http.timeout = request.timeout;
  co_return prepared;
}

asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> ApiClient::open(ApiRequest request) {
  for (bool last = false;; last = true) {
    Result<Prepared> prepared = co_await prepare(request);
    if (!prepared) co_return prepared.error();
    const auto client = prepared->client;
    auto stream = co_await client->open(std::move(prepared->request));
    if (!stream || last || (*stream)->status() != 401) co_return stream;
    credentials_->invalidate();
  }
}

asio::awaitable<Result<net::HttpResponse>> ApiClient::send(ApiRequest request) {
  for (bool last = false;; last = true) {
    Result<Prepared> prepared = co_await prepare(request);
    if (!prepared) co_return prepared.error();
    const auto client = prepared->client;
    auto response = co_await client->send(std::move(prepared->request));
    if (!response || last || response->status != 401) co_return response;
    credentials_->invalidate();
  }
}

}  // namespace kubevitals::kube
