#include "discovery/consul/fake_agent.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/deadline.h"
#include "net/http_message.h"

namespace kubevitals::discovery::consul {
namespace {

constexpr const char* kHealth = "/v1/health/service/";

// Path and query of a URL.
std::string target_of(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  return url.substr(url.find('/', host));
}

std::string parameter(const net::Target& target, std::string_view name) {
  for (const auto& [key, value] : target.query) {
    if (key == name) return value;
  }
  return {};
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& item : texts) text += (text.empty() ? "\"" : ",\"") + item + "\"";
  return "[" + text + "]";
}

}  // namespace

FakeAgent::FakeAgent(asio::any_io_executor executor, Clock& clock)
    : clock_(clock), news_(std::move(executor), asio::steady_timer::time_point::max()) {}

void FakeAgent::set(const std::string& service, const std::vector<std::string>& tags,
                    const std::string& instances) {
  ++index_;
  Service& known = services_[service];
  if (known.index == 0 || known.tags != tags) catalog_index_ = index_;
  known = {tags, instances, index_};
  news_.cancel();
}

void FakeAgent::remove(const std::string& service) {
  catalog_index_ = ++index_;
  services_.erase(service);
  news_.cancel();
}

void FakeAgent::wake() {
  ++wakes_;
  news_.cancel();
}

void FakeAgent::restart(std::uint64_t index) {
  index_ = catalog_index_ = index;
  for (auto& [name, service] : services_) service.index = index;
}

void FakeAgent::fail(const std::string& path, int status) {
  faults_[path] = status;
  if (status == 200) faults_.erase(path);
  wake();
}

std::vector<std::string> FakeAgent::take_asked() {
  return std::exchange(asked_, {});
}

int FakeAgent::fault_of(const std::string& path) const {
  for (const auto& [end, status] : faults_) {
    if (path.ends_with(end)) return status;
  }
  return 200;
}

std::uint64_t FakeAgent::index_of(const std::string& path) const {
  if (!path.starts_with(kHealth)) return catalog_index_;
  const auto found = services_.find(path.substr(std::string_view(kHealth).size()));
  return found == services_.end() ? catalog_index_ : found->second.index;
}

std::string FakeAgent::body_of(const std::string& path) const {
  if (path == "/v1/agent/self") return R"({"Config":{"Datacenter":"dc1","NodeName":"n"},"Member":{}})";
  if (path == "/v1/catalog/services") {
    std::string text;
    for (const auto& [name, service] : services_) {
      text += (text.empty() ? "\"" : ",\"") + name + "\":" + quoted(service.tags);
    }
    return "{" + text + "}";
  }
  const auto found = services_.find(path.substr(std::string_view(kHealth).size()));
  return found == services_.end() ? "[]" : found->second.instances;
}

asio::awaitable<bool> FakeAgent::await_wake() {
  co_await asio::this_coro::throw_if_cancelled(false);
  boost::system::error_code woken;
  auto token = asio::redirect_error(asio::use_awaitable, woken);
  co_await news_.async_wait(token);
  co_return true;
}

asio::awaitable<void> FakeAgent::wait_for_news(std::string path, std::uint64_t index) {
  const SteadyTime end = clock_.now() + std::chrono::minutes(2);
  const int wakes = wakes_;
  while (index_of(path) <= index && wakes_ == wakes) {
    asio::awaitable<bool> news = await_wake();
    const auto woken = co_await finish_by(clock_, end, std::move(news));
    if (!woken) co_return;
  }
}

asio::awaitable<Result<net::HttpResponse>> FakeAgent::send(net::HttpRequest request, std::size_t) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::string text = target_of(request.url);
  const auto credentials = request.headers.find("X-Consul-Token");
  asked_.push_back(text + (credentials ? " token " + std::string(*credentials) : std::string()));
  const net::Target target = net::parse_target(text);
  const std::string index = parameter(target, "index");
  if (!index.empty() && fault_of(target.path) == 200) {
    ++waiting_;
    co_await wait_for_news(target.path, std::stoull(index));
    --waiting_;
  }
  const int status = fault_of(target.path);
  if (status == 0) co_return Error{ErrorCode::kUnavailable, "cannot get it: connection refused"};
  net::HttpResponse response;
  response.status = status;
  response.body = status == 200 ? body_of(target.path) : "broken\nsecret";
  if (said_index_) {
    if (!said_index_->empty()) response.headers.add("X-Consul-Index", *said_index_);
  } else if (target.path != "/v1/agent/self") {
    response.headers.add("X-Consul-Index", std::to_string(index_of(target.path)));
  }
  co_return response;
}

}  // namespace kubevitals::discovery::consul
