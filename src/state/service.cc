#include "state/service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "exposition/negotiation.h"
#include "net/http_server.h"
#include "state/exposition.h"
#include "state/telemetry.h"

namespace kubevitals::state {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using namespace std::chrono_literals;

// How long requests under way may take when the program stops.
constexpr auto kGrace = 2s;
constexpr auto kLivezTimeout = 5s;

std::string field_selector_of(const Resource& resource, const ServiceOptions& options) {
  std::string selector;
  const auto add = [&](const std::string& term) {
    selector.append(selector.empty() ? "" : ",").append(term);
  };
  if (!resource.type.namespaced) return selector;
  if (options.namespaces.empty()) {
    for (const std::string& name : options.namespaces_denylist) add("metadata.namespace!=" + name);
  }
  if (!options.node.empty() && resource.name == "pods") add("spec.nodeName=" + options.node);
  return selector;
}

// ?resources=a,b&resources=c: the names; nothing when the parameter is not there at all.
std::optional<std::set<std::string, std::less<>>> names_in(const ServerRequest& request,
                                                           std::string_view parameter) {
  std::optional<std::set<std::string, std::less<>>> names;
  for (const auto& [key, value] : request.query) {
    if (key != parameter) continue;
    if (!names) names.emplace();
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      std::string_view name = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
      while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
      if (!name.empty()) names->emplace(name);
    }
  }
  return names;
}

struct Link {
  const char* path;
  const char* text;
};

std::string landing_page(std::string_view title, std::string_view version,
                         std::initializer_list<Link> links) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
      "charset=\"utf-8\"><title>kubevitals</title></head>\n<body><h1>kubevitals</h1>\n<p>";
  page.append(title).append(" (version ").append(version).append(")</p>\n<ul>\n");
  for (const Link& link : links) {
    page.append("<li><a href=\"").append(link.path).append("\">").append(link.text).append("</a></li>\n");
  }
  return page.append("</ul></body></html>\n");
}

ServerResponse html(std::string page) {
  return ServerResponse::text(200, std::move(page), "text/html; charset=utf-8");
}

// GET and HEAD are all there is; nullopt when the method is one of them.
std::optional<ServerResponse> refuse_method(const ServerRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  ServerResponse response = ServerResponse::text(405, "only GET and HEAD are allowed\n");
  response.headers.set("Allow", "GET, HEAD");
  return response;
}

}  // namespace

std::vector<kube::WatchScope> scopes_of(const Resource& resource, const ServiceOptions& options) {
  kube::WatchScope scope;
  scope.resource = resource.type;
  scope.field_selector = field_selector_of(resource, options);
  if (!resource.type.namespaced || options.namespaces.empty()) return {scope};
  std::vector<kube::WatchScope> scopes;
  const auto& denied = options.namespaces_denylist;
  for (const std::string& name : options.namespaces) {
    if (std::find(denied.begin(), denied.end(), name) != denied.end()) continue;
    scope.namespace_ = name;
    if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(scope);
  }
  return scopes;
}

class Service::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& transport, Clock& clock,
       ServiceOptions options)
      : io_(std::move(io)),
        workers_(std::move(workers)),
        transport_(transport),
        clock_(clock),
        options_(std::move(options)),
        feeds_(workers_, transport, clock, options_.feeds, std::random_device()()) {}

  Result<void> start() {
    std::vector<ResourceStores> resources;
    for (const SelectedResource& selected : options_.resources) {
      ResourceStores entry;
      entry.selected = selected;
      for (const kube::WatchScope& scope : scopes_of(*selected.resource, options_)) {
        auto store = std::make_shared<TextStore>(selected.families.size());
        entry.stores.push_back(store);
        attachments_.push_back({selected, scope, store});
      }
      resources.push_back(std::move(entry));
    }
    exposition_ = std::make_unique<Exposition>(workers_, std::move(resources));
    if (Result<void> listening = listen(); !listening) return listening;
    for (const Attachment& attachment : attachments_) {
      subscriptions_.push_back(attachment.selected.resource->attach(feeds_, attachment.scope,
                                                                    attachment.selected, attachment.store));
    }
    asio::co_spawn(io_, report(shared_from_this()),
                   asio::bind_cancellation_slot(stop_report_.slot(), asio::detached));
    return {};
  }

  asio::awaitable<void> stop() {
    stop_report_.emit(asio::cancellation_type::all);
    if (main_) co_await main_->stop(kGrace);
    if (telemetry_) co_await telemetry_->stop(100ms);
    co_await feeds_.stop();
    subscriptions_.clear();
  }

  std::uint16_t port() const { return main_->port(); }
  std::uint16_t telemetry_port() const { return telemetry_->port(); }

  bool synced() const {
    const std::vector<kube::FeedStats> stats = feeds_.stats();
    return stats.size() >= attachments_.size() &&
           std::all_of(stats.begin(), stats.end(), [](const kube::FeedStats& feed) { return feed.synced; });
  }

 private:
  struct Attachment {
    SelectedResource selected;
    kube::WatchScope scope;
    std::shared_ptr<TextStore> store;
  };

  Result<void> listen() {
    net::ServerOptions options;
    options.read_timeout = options_.read_timeout;
    options.write_timeout = options_.write_timeout;
    options.idle_timeout = options_.idle_timeout;
    options.address = options_.host;
    options.port = options_.port;
    main_ = std::make_unique<net::HttpServer>(
        io_, options, [this](ServerRequest request) { return answer(std::move(request)); });
    if (Result<void> started = main_->start(); !started) return started;
    options.address = options_.telemetry_host;
    options.port = options_.telemetry_port;
    telemetry_ = std::make_unique<net::HttpServer>(
        io_, options, [this](ServerRequest request) { return answer_telemetry(std::move(request)); });
    return telemetry_->start();
  }

  asio::awaitable<ServerResponse> answer(ServerRequest request) {
    if (auto refused = refuse_method(request)) co_return std::move(*refused);
    if (request.path == "/metrics") co_return co_await answer_scrape(std::move(request));
    if (request.path == "/healthz") co_return ServerResponse::text(200, "OK");
    if (request.path == "/livez") co_return co_await answer_livez();
    if (request.path == "/") {
      co_return html(landing_page("Metrics about the objects of a Kubernetes cluster", options_.version,
                                  {{"/metrics", "Metrics"}, {"/healthz", "Healthz"}, {"/livez", "Livez"}}));
    }
    co_return ServerResponse::text(404, "there is no such page\n");
  }

  asio::awaitable<ServerResponse> answer_scrape(ServerRequest request) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string accept = request.headers.joined("Accept");
    const exposition::Negotiated format = exposition::negotiate_format(accept);
    const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
    ResourceFilter filter;
    filter.only = names_in(request, "resources");
    filter.except = names_in(request, "exclude_resources").value_or(std::set<std::string, std::less<>>());
    ServerResponse response = co_await exposition_->scrape(format, gzip, std::move(filter));
    scrapes_.count(gzip, std::chrono::steady_clock::now() - begin);
    co_return response;
  }

  // Alive is who can reach the API server.
  asio::awaitable<ServerResponse> answer_livez() {
    kube::ApiRequest request;
    request.path = "/livez";
    request.timeout = kLivezTimeout;
    const auto response = co_await transport_.send(std::move(request));
    if (response && response->status == 200) co_return ServerResponse::text(200, "OK");
    const std::string cause =
        response ? "the API server says " + std::to_string(response->status) : response.error().message;
    co_return ServerResponse::text(503, "Service Unavailable: " + cause + "\n");
  }

  asio::awaitable<ServerResponse> answer_telemetry(ServerRequest request) {
    if (auto refused = refuse_method(request)) co_return std::move(*refused);
    if (request.path == "/metrics") {
      std::string text = telemetry_text(feeds_.stats(), scrapes_, clock_.now(), options_.version);
      co_return ServerResponse::text(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
    }
    if (request.path == "/readyz") {
      if (synced()) co_return ServerResponse::text(200, "OK");
      co_return ServerResponse::text(503, "Service Unavailable: " + waiting_for() + "\n");
    }
    if (request.path == "/") {
      co_return html(landing_page("Metrics about kubevitals itself", options_.version,
                                  {{"/metrics", "Metrics"}, {"/readyz", "Readyz"}}));
    }
    co_return ServerResponse::text(404, "there is no such page\n");
  }

  std::string waiting_for() const {
    std::string text = "the first lists are not complete:";
    for (const kube::FeedStats& feed : feeds_.stats()) {
      if (feed.synced) continue;
      text.append(" ").append(feed.scope.resource.plural);
      if (!feed.last_error.empty()) text.append(" (").append(feed.last_error).append(")");
    }
    return text;
  }

  // Says, once each, when a feed fails and when it goes on, and when everything is there for the first time.
  static asio::awaitable<void> report(std::shared_ptr<Impl> self) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const SteadyTime begin = self->clock_.now();
    std::map<std::string, std::string> errors;
    bool complete = false;
    while (co_await self->clock_.sleep_for(250ms)) {
      std::uint64_t objects = 0;
      for (const kube::FeedStats& feed : self->feeds_.stats()) {
        objects += feed.objects;
        const std::string name =
            std::string(feed.scope.resource.plural) +
            (feed.scope.namespace_.empty() ? "" : " in namespace " + feed.scope.namespace_);
        std::string& known = errors[name];
        if (feed.last_error == known) continue;
        if (feed.last_error.empty()) {
          spdlog::info("following {} again", name);
        } else if (known.empty()) {
          spdlog::warn("cannot follow {}: {}; trying again", name, feed.last_error);
        }
        known = feed.last_error;
      }
      if (!complete && self->synced()) {
        complete = true;
        const std::chrono::duration<double> took = self->clock_.now() - begin;
        spdlog::info("all resources are there: {} objects after {:.1f} s", objects, took.count());
      }
    }
  }

  const asio::any_io_executor io_;
  const asio::any_io_executor workers_;
  kube::ApiTransport& transport_;
  Clock& clock_;
  const ServiceOptions options_;

  kube::Feeds feeds_;
  ScrapeMetrics scrapes_;
  asio::cancellation_signal stop_report_;
  // Made by start().
  std::vector<Attachment> attachments_;
  std::unique_ptr<Exposition> exposition_;
  std::vector<std::unique_ptr<kube::Subscription>> subscriptions_;
  std::unique_ptr<net::HttpServer> main_;
  std::unique_ptr<net::HttpServer> telemetry_;
};

Service::Service(asio::any_io_executor io, asio::any_io_executor workers, kube::ApiTransport& transport,
                 Clock& clock, ServiceOptions options)
    : impl_(std::make_shared<Impl>(std::move(io), std::move(workers), transport, clock, std::move(options))) {
}
Service::~Service() = default;
Result<void> Service::start() {
  return impl_->start();
}
asio::awaitable<void> Service::stop() {
  return impl_->stop();
}
std::uint16_t Service::port() const {
  return impl_->port();
}
std::uint16_t Service::telemetry_port() const {
  return impl_->telemetry_port();
}
bool Service::synced() const {
  return impl_->synced();
}

}  // namespace kubevitals::state
