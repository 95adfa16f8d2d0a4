#include "discovery/http/http.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/run_on.h"
#include "discovery/http/options.h"
#include "discovery/http_client/client.h"
#include "discovery/refresh.h"
#include "discovery/target_group_document.h"
#include "net/curl_url.h"

namespace kubevitals::discovery::http {
namespace {

using std::chrono::milliseconds;
using Groups = std::vector<TargetGroupPtr>;

constexpr std::string_view kFailures = "prometheus_sd_http_failures_total";

// The client gives up by itself at the end of the interval and says why; this is for when it does not.
constexpr milliseconds kGrace{1000};

// What nobody would keep as the mark of a version.
constexpr std::size_t kMaxETag = 1024;

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Result<Groups> read_groups(const std::string& body, const std::string& url) {
  Result<std::vector<TargetGroup>> parsed = parse_target_groups_json(body);
  if (!parsed) return std::move(parsed).error();
  static const LabelName kUrl("__meta_url");
  Groups groups;
  for (TargetGroup& group : *parsed) {
    group.source = url + ":" + std::to_string(groups.size());
    group.labels = with_label(group.labels, kUrl, url);
    groups.push_back(std::make_shared<const TargetGroup>(std::move(group)));
  }
  return groups;
}

class HttpRefresher final : public Refresher {
 public:
  HttpRefresher(const Options& options, const DiscovererContext& context,
                std::shared_ptr<MechanismClient> client)
      : options_(options),
        what_("cannot read target groups from " + net::shown_url(options.url)),
        workers_(context.workers),
        client_(std::move(client)),
        failures_(context.metrics.metric(kFailures)) {}

  asio::awaitable<Result<Groups>> refresh() override {
    Result<Groups> groups = co_await fetch();
    if (!groups && groups.error().code != ErrorCode::kCancelled) failures_->add();
    co_return groups;
  }

 private:
  net::HttpRequest make_request() const {
    net::HttpRequest request;
    request.url = options_.url;
    request.timeout = options_.refresh_interval;
    request.headers.set("Accept", "application/json");
    request.headers.set("X-Prometheus-Refresh-Interval-Seconds", format_seconds(options_.refresh_interval));
    if (!etag_.empty()) request.headers.set("If-None-Match", etag_);
    return request;
  }

  asio::awaitable<Result<Groups>> fetch() {
    net::HttpRequest request = make_request();
    Result<net::HttpResponse> response = co_await client_->send(std::move(request));
    if (!response) co_return std::move(response).error();
    if (response->status == 304 && !etag_.empty()) co_return known_;
    if (response->status != 200) co_return fail("HTTP status " + std::to_string(response->status));
    const std::string type(response->headers.find("Content-Type").value_or(""));
    if (!is_json_type(type)) co_return fail("the content type is no JSON: " + net::shown_text(type, 100));

    auto read = [body = std::move(response->body), url = options_.url] { return read_groups(body, url); };
    Result<Groups> groups = co_await run_on(workers_, std::move(read));
    if (!groups) co_return std::move(groups).error().wrap(what_);
    etag_ = response->headers.find("ETag").value_or("");
    if (etag_.size() > kMaxETag) etag_.clear();
    known_ = *groups;
    co_return groups;
  }

  Error fail(const std::string& cause) const { return Error{ErrorCode::kInvalid, what_ + ": " + cause}; }

  const Options options_;
  const std::string what_;
  const asio::any_io_executor workers_;
  const std::shared_ptr<MechanismClient> client_;
  const std::shared_ptr<exposition::Metric> failures_;

  std::string etag_;  // of known_; empty: the server has to send everything
  Groups known_;
};

}  // namespace

bool is_json_type(std::string_view content_type) {
  std::string type(trim(content_type));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kJson = "application/json";
  if (!type.starts_with(kJson)) return false;
  std::string_view rest = std::string_view(type).substr(kJson.size());
  if (rest.empty()) return true;
  if (rest.front() != ';') return false;
  rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  return rest == "charset=utf-8" || rest == "charset=\"utf-8\"";
}

std::string format_seconds(milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  if (const auto part = duration.count() % 1000; part != 0) {
    text += "." + std::to_string(1000 + part).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  return text;
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  auto client = make_mechanism_client(options.client, context);
  if (!client) return std::move(client).error();
  auto refresher = std::make_unique<HttpRefresher>(options, context, *std::move(client));
  const RefreshOptions refresh{"http", options.refresh_interval, options.refresh_interval + kGrace};
  return make_refresh_discoverer(std::move(refresher), refresh, context);
}

std::vector<exposition::MetricFamily> metric_families() {
  return {{kFailures, exposition::MetricKind::kCounter, "Refreshes of http discovery that failed.", {}}};
}

}  // namespace kubevitals::discovery::http
