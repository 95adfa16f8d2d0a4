#include "kube/api_client.h"

#include <boost/asio/this_coro.hpp>
#include <optional>

#include "base/version.h"

namespace kubevitals::kube {
namespace {

#if defined(__x86_64__)
constexpr const char* kPlatform = "linux/amd64";
#elif defined(__aarch64__)
constexpr const char* kPlatform = "linux/arm64";
#else
constexpr const char* kPlatform = "linux";
#endif

ApiServerConfig with_user_agent(ApiServerConfig config) {
  config.transport.user_agent = user_agent();
  return config;
}

// Ending a client ends its streams, so a stream keeps the client that it came from.
class OwningStream final : public net::HttpStream {
 public:
  OwningStream(std::shared_ptr<net::HttpClient> client, std::unique_ptr<net::HttpStream> stream)
      : client_(std::move(client)), stream_(std::move(stream)) {}

  int status() const override { return stream_->status(); }
  const net::Headers& headers() const override { return stream_->headers(); }
  asio::awaitable<Result<std::string>> read_some(std::chrono::milliseconds idle_timeout) override {
    return stream_->read_some(idle_timeout);
  }
  void cancel() override { stream_->cancel(); }
  std::uint64_t wire_bytes() const override { return stream_->wire_bytes(); }

 private:
  const std::shared_ptr<net::HttpClient> client_;
  const std::unique_ptr<net::HttpStream> stream_;
};

}  // namespace

std::string user_agent() {
  return std::string("kubevitals/") + kVersion + " (" + kPlatform + ")";
}

ApiClient::ApiClient(asio::any_io_executor io, ApiServerConfig config, Clock& clock)
    : io_(std::move(io)),
      config_(with_user_agent(std::move(config))),
      credentials_(make_credential_source(config_, clock, io_)) {}

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

net::HttpRequest ApiClient::http_request(const ApiRequest& request,
                                         const Authorization& authorization) const {
  net::HttpRequest http;
  http.method = request.method;
  http.url = config_.url + request.path;
  if (!request.query.empty()) http.url += "?" + net::encode_query(request.query);
  http.headers = config_.headers;
  if (!request.accept.empty()) http.headers.set("Accept", request.accept);
  if (!request.content_type.empty()) http.headers.set("Content-Type", request.content_type);
  if (!authorization.header.empty()) http.headers.set("Authorization", authorization.header);
  http.body = request.body;
  http.compressed = config_.compression;
  http.timeout = request.timeout;
  return http;
}

asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> ApiClient::open(ApiRequest request) {
  using Opened = Result<std::unique_ptr<net::HttpStream>>;
  // A cancelled wait says so by its result.
  co_await asio::this_coro::throw_if_cancelled(false);
  std::unique_ptr<net::HttpStream> refusal;
  Authorization refused;
  while (true) {
    Result<Authorization> authorization = co_await credentials_->get();
    if (!authorization) co_return authorization.error();
    if (refusal && *authorization == refused) co_return Opened(std::move(refusal));
    const bool last = refusal != nullptr;
    refusal.reset();
    auto client = client_for(*authorization);
    auto http = http_request(request, *authorization);
    Opened opened = co_await client->open(std::move(http));
    if (!opened) co_return opened;
    const int status = (*opened)->status();
    auto stream = std::make_unique<OwningStream>(std::move(client), std::move(*opened));
    if (last || status != 401) co_return Opened(std::move(stream));
    refusal = std::move(stream);
    refused = std::move(*authorization);
    credentials_->invalidate(refused);
  }
}

asio::awaitable<Result<net::HttpResponse>> ApiClient::send(ApiRequest request) {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<net::HttpResponse> refusal;
  Authorization refused;
  while (true) {
    Result<Authorization> authorization = co_await credentials_->get();
    if (!authorization) co_return authorization.error();
    if (refusal && *authorization == refused) co_return std::move(*refusal);
    auto client = client_for(*authorization);
    auto http = http_request(request, *authorization);
    Result<net::HttpResponse> response = co_await client->send(std::move(http));
    if (!response || refusal || response->status != 401) co_return response;
    refusal = std::move(*response);
    refused = std::move(*authorization);
    credentials_->invalidate(refused);
  }
}

}  // namespace kubevitals::kube
