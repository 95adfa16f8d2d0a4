#include "discovery/kubernetes/client_transport.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "discovery/http_client/credentials.h"
#include "discovery/http_client/oauth2.h"
#include "discovery/http_client/proxy.h"
#include "discovery/http_client/transport.h"
#include "net/http_client.h"
#include "net/url.h"

namespace kubevitals::discovery::kubernetes {
namespace {

class ClientTransport final : public kube::ApiTransport {
 public:
  ClientTransport(std::string url, const HttpClientOptions& options, const DiscovererContext& context,
                  net::TransportOptions transport, std::unique_ptr<TokenSource> tokens)
      : url_(std::move(url)),
        options_(options),
        workers_(context.workers),
        proxies_(options.proxy, environment_variable),
        tokens_(std::move(tokens)),
        http_(context.io, std::move(transport)) {}

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(kube::ApiRequest request) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto preparing = prepare(std::move(request));
    Result<net::HttpRequest> http = co_await std::move(preparing);
    if (!http) co_return std::move(http).error();
    const std::string authorization = http->headers.joined("Authorization");
    auto opening = http_.open(*std::move(http));
    auto stream = co_await std::move(opening);
    if (stream) forget_refused((*stream)->status(), authorization);
    co_return stream;
  }

  asio::awaitable<Result<net::HttpResponse>> send(kube::ApiRequest request) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto preparing = prepare(std::move(request));
    Result<net::HttpRequest> http = co_await std::move(preparing);
    if (!http) co_return std::move(http).error();
    const std::string authorization = http->headers.joined("Authorization");
    auto sending = http_.send(*std::move(http));
    auto response = co_await std::move(sending);
    if (response) forget_refused(response->status, authorization);
    co_return response;
  }

 private:
  asio::awaitable<Result<net::HttpRequest>> prepare(kube::ApiRequest request) {
    net::HttpRequest http;
    http.method = request.method;
    http.url = url_ + request.path;
    if (!request.query.empty()) http.url += "?" + net::encode_query(request.query);
    const Result<net::HttpUrl> url = net::parse_http_url(http.url);
    if (!url) co_return url.error();
    http.proxy_url = proxies_.proxy_for(*url);
    http.body = std::move(request.body);
    http.timeout = request.timeout;
    auto making = configured_headers(workers_, options_);
    Result<net::Headers> headers = co_await std::move(making);
    if (!headers) co_return std::move(headers).error();
    http.headers = *std::move(headers);
    if (!request.accept.empty()) http.headers.set("Accept", request.accept);
    if (!request.content_type.empty()) http.headers.set("Content-Type", request.content_type);
    auto authorizing =
        tokens_ ? tokens_->authorization(request.timeout) : configured_authorization(workers_, options_);
    Result<std::string> authorization = co_await std::move(authorizing);
    if (!authorization) co_return std::move(authorization).error();
    if (!authorization->empty()) http.headers.set("Authorization", *authorization);
    co_return http;
  }

  void forget_refused(int status, const std::string& authorization) {
    if (tokens_ && status == 401) tokens_->forget(authorization);
  }

  const std::string url_;
  const HttpClientOptions options_;
  const asio::any_io_executor workers_;
  const ProxyChoice proxies_;
  const std::unique_ptr<TokenSource> tokens_;
  net::HttpClient http_;
};

}  // namespace

Result<std::unique_ptr<kube::ApiTransport>> make_client_transport(const std::string& url,
                                                                  const HttpClientOptions& options,
                                                                  asio::any_io_executor io,
                                                                  asio::any_io_executor workers, Clock& clock,
                                                                  exposition::MetricRegistry& metrics) {
  auto transport = make_transport_options(options.tls, options.proxy, options.enable_http2);
  if (!transport) return std::move(transport).error();
  const DiscovererContext context{std::move(io), std::move(workers), clock, metrics, nullptr, {}, 0, false};
  std::unique_ptr<TokenSource> tokens;
  if (options.oauth2) {
    auto made = TokenSource::make(*options.oauth2, context);
    if (!made) return std::move(made).error();
    tokens = *std::move(made);
  }
  return std::unique_ptr<kube::ApiTransport>(
      std::make_unique<ClientTransport>(url, options, context, *std::move(transport), std::move(tokens)));
}

}  // namespace kubevitals::discovery::kubernetes
