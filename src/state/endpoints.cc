#include "state/endpoints.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "exposition/negotiation.h"
#include "net/landing_page.h"
#include "net/profile_endpoint.h"

namespace kubevitals::state {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using Clock = std::chrono::steady_clock;
using Names = std::set<std::string, std::less<>>;

constexpr std::chrono::seconds kLivezTimeout{5};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

// The names in all parameters of this name; nothing when there is no such parameter at all.
std::optional<Names> names_in(const ServerRequest& request, std::string_view parameter) {
  std::optional<Names> names;
  for (const auto& [key, value] : request.query) {
    if (key != parameter) continue;
    if (!names) names.emplace();
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (const std::string_view name = trim(rest.substr(0, end)); !name.empty()) names->emplace(name);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return names;
}

ServerResponse not_found() {
  return ServerResponse::text(404, "there is no such page\n");
}

std::optional<ServerResponse> refuse_method(const ServerRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  ServerResponse response = ServerResponse::text(405, "only GET and HEAD are allowed\n");
  response.headers.set("Allow", "GET, HEAD");
  return response;
}

// Takes the time until the body is sent, or given up.
class TimedBody final : public net::BodySource {
 public:
  TimedBody(std::unique_ptr<net::BodySource> body, std::shared_ptr<exposition::DurationHistogram> histogram,
            Clock::time_point begin)
      : body_(std::move(body)), histogram_(std::move(histogram)), begin_(begin) {}
  ~TimedBody() override { histogram_->observe(seconds_since(begin_)); }

  std::optional<std::uint64_t> content_length() const override { return body_->content_length(); }
  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() override { return body_->next(); }

 private:
  const std::unique_ptr<net::BodySource> body_;
  const std::shared_ptr<exposition::DurationHistogram> histogram_;
  const Clock::time_point begin_;
};

}  // namespace

asio::awaitable<ServerResponse> MainEndpoint::answer(ServerRequest request) const {
  if (auto refused = refuse_method(request)) co_return std::move(*refused);
  if (auto elsewhere = net::redirect_to_clean_path(request)) co_return std::move(*elsewhere);
  if (request.path == "/metrics") co_return co_await scrape(std::move(request));
  if (request.path == "/healthz") co_return ServerResponse::text(200, "OK");
  if (request.path == "/livez") co_return co_await livez();
  if (request.path == "/") {
    co_return net::landing_page("Metrics about the objects of a Kubernetes cluster", version_,
                                {{"/metrics", "Metrics"}, {"/healthz", "Healthz"}, {"/livez", "Livez"}});
  }
  co_return not_found();
}

asio::awaitable<ServerResponse> MainEndpoint::scrape(ServerRequest request) const {
  const Clock::time_point begin = Clock::now();
  const std::string accept = request.headers.joined("Accept");
  const exposition::Negotiated format = exposition::negotiate_format(accept);
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  ResourceFilter filter;
  filter.only = names_in(request, "resources");
  filter.except = names_in(request, "exclude_resources").value_or(Names());
  ServerResponse response = co_await exposition_.scrape(format, gzip, std::move(filter));
  scrapes_->prepare.observe(seconds_since(begin));
  ++(gzip ? scrapes_->gzip : scrapes_->plain);
  auto& histogram = request.method == "HEAD" ? scrapes_->head : scrapes_->get;
  std::shared_ptr<exposition::DurationHistogram> shared(scrapes_, &histogram);
  auto& body = std::get<std::unique_ptr<net::BodySource>>(response.body);
  body = std::make_unique<TimedBody>(std::move(body), std::move(shared), begin);
  co_return response;
}

asio::awaitable<ServerResponse> MainEndpoint::livez() const {
  kube::ApiRequest request;
  request.path = "/livez";
  request.timeout = kLivezTimeout;
  const auto response = co_await transport_.send(std::move(request));
  if (response && response->status == 200) co_return ServerResponse::text(200, "OK");
  const std::string cause =
      response ? "the API server says " + std::to_string(response->status) : response.error().message;
  co_return ServerResponse::text(503, "Service Unavailable: " + cause + "\n");
}

ServerResponse TelemetryEndpoint::answer(const ServerRequest& request) const {
  if (auto refused = refuse_method(request)) return std::move(*refused);
  if (auto elsewhere = net::redirect_to_clean_path(request)) return std::move(*elsewhere);
  if (request.path == "/metrics") {
    std::string text = telemetry_text(telemetry_(), *scrapes_);
    return ServerResponse::text(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (request.path == "/readyz") {
    const Readiness readiness = readiness_();
    const char* separator = readiness.explanation.empty() ? "" : "\n";
    if (readiness.ready)
      return ServerResponse::text(200, std::string("OK") + separator + readiness.explanation);
    return ServerResponse::text(503, "Service Unavailable\n" + readiness.explanation);
  }
  if (request.path == "/") {
    return net::landing_page(
        "Metrics about kubevitals itself", version_,
        {{"/metrics", "Metrics"}, {"/readyz", "Readyz"}, {net::kProfilePath, "Profiles"}});
  }
  return not_found();
}

}  // namespace kubevitals::state
