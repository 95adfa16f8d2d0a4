#include "discovery/http_client/client.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "discovery/http_client/credentials.h"
#include "discovery/http_client/oauth2.h"
#include "discovery/http_client/proxy.h"
#include "discovery/http_client/transport.h"
#include "net/curl_url.h"
#include "net/url.h"

namespace kubevitals::discovery {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxRedirects = 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Whether what is secret may go there as well: the same host, and not in the clear after TLS.
bool may_know_secrets(const net::HttpUrl& first, const net::HttpUrl& then) {
  return first.host == then.host && (first.scheme == then.scheme || then.scheme == "https");
}

// How long is left of a request's time.
class Budget {
 public:
  Budget(Clock& clock, milliseconds timeout)
      : clock_(clock), limited_(timeout > milliseconds::zero()), end_(clock.now() + timeout) {}

  bool is_used_up() const { return limited_ && end_ <= clock_.now(); }
  // Zero: no limit.
  milliseconds left() const {
    if (!limited_) return milliseconds::zero();
    const auto left = std::chrono::ceil<milliseconds>(end_ - clock_.now());
    return std::max(left, milliseconds(1));
  }

 private:
  Clock& clock_;
  const bool limited_;
  const SteadyTime end_;
};

class Client final : public MechanismClient {
 public:
  Client(const HttpClientOptions& options, const DiscovererContext& context, bool follow_redirects,
         net::TransportOptions transport, std::unique_ptr<TokenSource> tokens)
      : options_(options),
        follow_redirects_(follow_redirects),
        workers_(context.workers),
        clock_(context.clock),
        proxies_(options.proxy, environment_variable),
        tokens_(std::move(tokens)),
        http_(context.io, std::move(transport)) {}

  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request, std::size_t max_body) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const std::string what =
        "cannot " + net::shown_text(request.method, 32) + " " + net::shown_url(request.url);
    const Budget budget(clock_, request.timeout);
    const Result<net::HttpUrl> url = net::parse_http_url(request.url);
    if (!url) co_return url.error().wrap(what + ": bad URL");

    // What only the server that is asked first may know.
    Result<net::Headers> secrets = co_await make_secrets(*url, request.headers, budget.left());
    if (!secrets) co_return std::move(secrets).error().wrap(what);
    const std::string authorization = secrets->joined("Authorization");
    request.headers.remove("Authorization");

    Result<net::HttpResponse> response =
        co_await exchange(std::move(request), *url, *std::move(secrets), budget, max_body);
    if (!response) co_return response;
    if (tokens_ && response->status == 401) tokens_->forget(authorization);
    co_return response;
  }

 private:
  asio::awaitable<Result<net::Headers>> make_secrets(net::HttpUrl url, net::Headers own,
                                                     milliseconds timeout) {
    Result<net::Headers> headers = co_await configured_headers(workers_, options_);
    if (!headers) co_return headers;
    if (tokens_) {
      Result<std::string> token = co_await tokens_->authorization(timeout);
      if (!token) co_return std::move(token).error();
      headers->set("Authorization", *std::move(token));
      co_return headers;
    }
    if (const auto given = own.find("Authorization")) {
      headers->set("Authorization", std::string(*given));
    } else if (url.has_credentials) {
      headers->set("Authorization", basic_authorization(url.user, url.password));
    } else {
      Result<std::string> value = co_await configured_authorization(workers_, options_);
      if (!value) co_return std::move(value).error();
      if (!value->empty()) headers->set("Authorization", *std::move(value));
    }
    co_return headers;
  }

  asio::awaitable<Result<net::HttpResponse>> exchange(net::HttpRequest request, net::HttpUrl first,
                                                      net::Headers secrets, Budget budget,
                                                      std::size_t max_body) {
    const std::string what =
        "cannot " + net::shown_text(request.method, 32) + " " + net::shown_url(first.text);
    net::HttpUrl url = first;
    request.follow_redirects = false;
    for (int redirects = 0;; ++redirects) {
      net::HttpRequest hop = request;
      hop.url = url.text;
      hop.proxy_url = proxies_.proxy_for(url);
      hop.timeout = budget.left();
      if (may_know_secrets(first, url)) {
        for (const auto& [name, value] : secrets) hop.headers.add(name, value);
      }
      Result<net::HttpResponse> response = co_await http_.send(std::move(hop), max_body);
      if (!response || !follow_redirects_ || !is_redirect(response->status)) co_return response;
      const std::string location = response->headers.joined("Location");
      if (location.empty()) co_return response;
      if (redirects == kMaxRedirects) {
        co_return Error{ErrorCode::kUnavailable,
                        what + ": more than " + std::to_string(kMaxRedirects) + " redirects"};
      }
      if (budget.is_used_up()) co_return Error{ErrorCode::kTimeout, what + ": no answer in time"};
      Result<net::HttpUrl> next = resolve(url, location);
      if (!next) co_return std::move(next).error().wrap(what + ": bad redirect");
      url = *std::move(next);
      const bool keeps_method = response->status == 307 || response->status == 308;
      if (!keeps_method && request.method != "GET" && request.method != "HEAD") {
        request.method = "GET";
        request.body.clear();
        request.headers.remove("Content-Type");
      }
    }
  }

  static Result<net::HttpUrl> resolve(const net::HttpUrl& from, const std::string& location) {
    const Result<std::string> resolved = net::resolve_url(from.text, location);
    if (!resolved) return resolved.error();
    return net::parse_http_url(*resolved);
  }

  const HttpClientOptions options_;
  const bool follow_redirects_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  const ProxyChoice proxies_;
  const std::unique_ptr<TokenSource> tokens_;
  net::HttpClient http_;
};

}  // namespace

Result<std::shared_ptr<MechanismClient>> make_mechanism_client(const HttpClientOptions& options,
                                                               const DiscovererContext& context,
                                                               bool always_follow_redirects) {
  auto transport = make_transport_options(options.tls, options.proxy, options.enable_http2);
  if (!transport) return std::move(transport).error();
  std::unique_ptr<TokenSource> tokens;
  if (options.oauth2) {
    auto made = TokenSource::make(*options.oauth2, context);
    if (!made) return std::move(made).error();
    tokens = *std::move(made);
  }
  const bool follow = options.follow_redirects || always_follow_redirects;
  return std::shared_ptr<MechanismClient>(
      std::make_shared<Client>(options, context, follow, *std::move(transport), std::move(tokens)));
}

}  // namespace kubevitals::discovery
