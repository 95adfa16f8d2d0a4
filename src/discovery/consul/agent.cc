#include "discovery/consul/agent.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "discovery/consul/documents.h"

namespace kubevitals::discovery::consul {
namespace {

// How long an agent may wait for news, and how long all may take: it adds up to a sixteenth of the wait.
constexpr const char* kWait = "120000ms";
constexpr std::chrono::seconds kTimeout{2 * 60 + 15};

constexpr std::size_t kShownBody = 200;

// The first line of an answer, for a message.
std::string shown(const std::string& body) {
  std::string text = body.substr(0, std::min(body.find_first_of("\r\n"), kShownBody));
  for (char& c : text) c = static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  return text;
}

ErrorCode code_of(int status) {
  if (status == 401) return ErrorCode::kUnauthorized;
  if (status == 403) return ErrorCode::kForbidden;
  return status == 429 ? ErrorCode::kTooManyRequests : ErrorCode::kUnavailable;
}

// False when it is there and no number.
bool read_index(const net::Headers& headers, std::uint64_t& index) {
  const auto text = headers.find("X-Consul-Index");
  if (!text || text->empty()) return true;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, index);
  return error == std::errc() && stop == end;
}

}  // namespace

std::uint64_t next_index(std::uint64_t asked, std::uint64_t answered) {
  if (answered == 0) return 1;
  return answered < asked ? 0 : answered;
}

Agent::Agent(const Options& options, std::shared_ptr<MechanismClient> client)
    : options_(options), client_(std::move(client)) {}

// What every question says.
net::QueryParameters Agent::scope() const {
  net::QueryParameters query;
  if (!options_.datacenter.empty()) query.emplace_back("dc", options_.datacenter);
  if (!options_.name_space.empty()) query.emplace_back("ns", options_.name_space);
  if (!options_.partition.empty()) query.emplace_back("partition", options_.partition);
  return query;
}

net::QueryParameters Agent::blocking(std::uint64_t index, const std::string& filter) const {
  net::QueryParameters query = scope();
  if (index != 0) query.emplace_back("index", std::to_string(index));
  query.emplace_back("wait", kWait);
  if (options_.allow_stale) query.emplace_back("stale", "");
  for (const auto& [key, value] : options_.node_meta) {
    query.emplace_back("node-meta", std::string(key).append(":").append(value));
  }
  if (!filter.empty()) query.emplace_back("filter", filter);
  return query;
}

asio::awaitable<Result<std::string>> Agent::datacenter() {
  const std::string what = "cannot ask Consul for its datacenter";
  net::QueryParameters query = scope();
  Result<Reply> reply = co_await get(what, "/v1/agent/self", std::move(query));
  if (!reply) co_return reply.error();
  Result<std::string> datacenter = parse_datacenter(reply->body);
  if (!datacenter) co_return datacenter.error().wrap(what);
  co_return datacenter;
}

asio::awaitable<Result<Reply>> Agent::services(std::uint64_t index) {
  net::QueryParameters query = blocking(index, options_.filter);
  return get("cannot list Consul's services", "/v1/catalog/services", std::move(query));
}

asio::awaitable<Result<Reply>> Agent::instances(std::string service, std::uint64_t index) {
  net::QueryParameters query = blocking(index, options_.health_filter);
  for (const std::string& tag : options_.tags) query.emplace_back("tag", tag);
  std::string path = "/v1/health/service/" + net::url_encode(service);
  return get("cannot watch the service " + service, std::move(path), std::move(query));
}

asio::awaitable<Result<Reply>> Agent::get(std::string what, std::string path, net::QueryParameters query) {
  net::HttpRequest request;
  request.url = options_.scheme + "://" + options_.server + options_.path_prefix + path;
  const std::string parameters = net::encode_query(query);
  if (!parameters.empty()) request.url += "?" + parameters;
  request.timeout = kTimeout;
  request.headers.add("Accept", "application/json");
  if (!options_.token.empty()) request.headers.add("X-Consul-Token", options_.token.text);
  Result<net::HttpResponse> response = co_await client_->send(std::move(request));
  if (!response) co_return response.error().wrap(what);
  if (response->status != 200) {
    std::string cause = "HTTP status " + std::to_string(response->status);
    if (const std::string text = shown(response->body); !text.empty()) cause += ": " + text;
    co_return Error{code_of(response->status), what + ": " + cause};
  }
  Reply reply;
  if (!read_index(response->headers, reply.index)) {
    co_return Error{ErrorCode::kInvalid, what + ": X-Consul-Index is no number"};
  }
  reply.body = std::move(response->body);
  co_return reply;
}

}  // namespace kubevitals::discovery::consul
