#include <utility>

#include "base/run_on.h"
#include "discovery/eureka/applications.h"
#include "discovery/eureka/options.h"
#include "discovery/http_client/client.h"
#include "discovery/refresh.h"
#include "net/curl_url.h"

namespace kubevitals::discovery::eureka {
namespace {

using Groups = std::vector<TargetGroupPtr>;

// The client gives up by itself at the end of the interval and says why; this is for when it does not.
constexpr std::chrono::milliseconds kGrace{1000};

class EurekaRefresher final : public Refresher {
 public:
  EurekaRefresher(const Options& options, const DiscovererContext& context,
                  std::shared_ptr<MechanismClient> client)
      : options_(options),
        what_("cannot read the applications of " + net::shown_url(options.server)),
        workers_(context.workers),
        client_(std::move(client)) {}

  asio::awaitable<Result<Groups>> refresh() override {
    net::HttpRequest request;
    request.url = options_.server + "/apps";
    request.timeout = options_.refresh_interval;
    request.headers.set("Accept", "application/xml");
    Result<net::HttpResponse> response = co_await client_->send(std::move(request));
    if (!response) co_return std::move(response).error();
    if (response->status < 200 || response->status > 299) {
      co_return Error{ErrorCode::kInvalid, what_ + ": HTTP status " + std::to_string(response->status)};
    }
    auto read = [body = std::move(response->body)] { return parse_applications(body); };
    Result<TargetGroup> group = co_await run_on(workers_, std::move(read));
    if (!group) co_return std::move(group).error().wrap(what_);
    Groups groups;
    groups.push_back(std::make_shared<const TargetGroup>(*std::move(group)));
    co_return groups;
  }

 private:
  const Options options_;
  const std::string what_;
  const asio::any_io_executor workers_;
  const std::shared_ptr<MechanismClient> client_;
};

}  // namespace

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  // follow_redirects: false is not heeded, as by the incumbent.
  auto client = make_mechanism_client(options.client, context, true);
  if (!client) return std::move(client).error();
  auto refresher = std::make_unique<EurekaRefresher>(options, context, *std::move(client));
  const RefreshOptions refresh{"eureka", options.refresh_interval, options.refresh_interval + kGrace};
  return make_refresh_discoverer(std::move(refresher), refresh, context);
}

std::vector<exposition::MetricFamily> metric_families() {
  return {};
}

}  // namespace kubevitals::discovery::eureka
