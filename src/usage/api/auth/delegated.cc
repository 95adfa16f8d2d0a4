#include "usage/api/auth/delegated.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <string_view>
#include <utility>

#include "base/go_text.h"
#include "base/yaml_fields.h"
#include "kube/api_status.h"
#include "usage/api/api_status.h"
#include "usage/api/auth/open_paths.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view kConfigMap = "ConfigMap kube-system/extension-apiserver-authentication";
constexpr std::string_view kAnonymous = "system:anonymous";
constexpr std::string_view kAuthenticated = "system:authenticated";
constexpr std::string_view kUnauthenticated = "system:unauthenticated";

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// The first of these fields that says something.
std::string first_of(const net::Headers& headers, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string_view value = headers.find(name).value_or("");
    if (!value.empty()) return std::string(value);
  }
  return {};
}

// Field names are compared without case.
std::optional<User> user_of_headers(const net::Headers& headers, const FrontProxy& proxy) {
  using boost::beast::iequals;
  User user;
  user.name = first_of(headers, proxy.user_headers);
  if (user.name.empty()) return std::nullopt;
  user.uid = first_of(headers, proxy.uid_headers);
  for (const std::string& group : proxy.group_headers) {
    for (const auto& [name, value] : headers) {
      if (iequals(name, group) && !value.empty()) user.groups.push_back(value);
    }
  }
  for (const std::string& prefix : proxy.extra_prefixes) {
    for (const auto& [name, value] : headers) {
      if (!iequals(name.substr(0, prefix.size()), prefix)) continue;
      user.extra[net::url_decode(to_lower(name.substr(prefix.size())), false)].push_back(value);
    }
  }
  return user;
}

// "Bearer" and a token with one space between them; what follows behind another one does not matter.
std::optional<std::string> bearer_token(const ServerRequest& request) {
  std::string_view field = request.headers.find("Authorization").value_or("");
  while (field.starts_with(' ')) field.remove_prefix(1);
  const std::size_t space = field.find(' ');
  if (space == field.npos || !boost::beast::iequals(field.substr(0, space), "bearer")) return std::nullopt;
  field.remove_prefix(space + 1);
  field = field.substr(0, field.find(' '));
  return field.empty() ? std::nullopt : std::optional<std::string>(field);
}

User with_group(User user) {
  const bool has_one = contains(user.groups, kAuthenticated) || contains(user.groups, kUnauthenticated);
  if (user.name != kAnonymous && !has_one) user.groups.emplace_back(kAuthenticated);
  return user;
}

}  // namespace

Result<std::optional<User>> user_of(const ServerRequest& request, const AuthenticationConfig& config) {
  const auto& shown = request.client_certificate;
  if (!shown) return std::optional<User>();
  const FrontProxy& proxy = config.proxy;
  std::optional<Error> refusal;
  if (proxy.authorities) {
    if (!shown->is_signed_by(*proxy.authorities)) {
      refusal = Error{ErrorCode::kUnauthorized, "the certificate is not the front proxy's"};
    } else if (!proxy.names.empty() && !contains(proxy.names, shown->common_name())) {
      refusal = Error{ErrorCode::kUnauthorized, "the certificate's name is not one of the front proxy's"};
    } else if (auto user = user_of_headers(request.headers, proxy)) {
      return user;
    }
  }
  if (config.client_authorities) {
    if (!shown->is_signed_by(*config.client_authorities)) {
      refusal = Error{ErrorCode::kUnauthorized, "the certificate is no client's"};
    } else if (!shown->common_name().empty()) {
      return std::optional<User>({shown->common_name(), {}, shown->organizations(), {}});
    }
  }
  if (refusal) return *refusal;
  return std::optional<User>();
}

DelegatedGate::DelegatedGate(kube::ApiTransport& api, const Clock& clock, DelegatedOptions options)
    : api_(api), clock_(clock), options_(std::move(options)) {
  AuthenticationConfig config;
  if (!options_.proxy_ca_file.empty()) config.proxy = options_.proxy;
  configure(std::move(config));
  if (options_.reads_config_map()) trouble_ = std::string(kConfigMap) + " has not been read yet";
}

void DelegatedGate::configure(AuthenticationConfig config) {
  auto shared = std::make_shared<const AuthenticationConfig>(std::move(config));
  const MutexLock lock(mutex_);
  config_ = std::move(shared);
}

std::shared_ptr<const AuthenticationConfig> DelegatedGate::config() const {
  const MutexLock lock(mutex_);
  return config_;
}

std::string DelegatedGate::trouble() const {
  const MutexLock lock(mutex_);
  return trouble_;
}

Result<void> DelegatedGate::read_files() {
  AuthenticationConfig next = *config();
  std::optional<Error> failure;
  const auto read = [&failure](const char* flag, const std::string& file, auto& authorities) {
    if (file.empty()) return;
    const Result<std::string> pem = read_text_file(file);
    auto found = pem ? net::CertificateAuthorities::create(*pem) : pem.error();
    if (found) {
      authorities = std::move(*found);
    } else if (!failure) {
      failure = (pem ? found.error().wrap(file) : found.error()).wrap(flag);
    }
  };
  read("--client-ca-file", options_.client_ca_file, next.client_authorities);
  read("--requestheader-client-ca-file", options_.proxy_ca_file, next.proxy.authorities);
  configure(std::move(next));
  if (failure) return *failure;
  return {};
}

asio::awaitable<Result<void>> DelegatedGate::load() {
  const Result<void> files = read_files();
  if (!options_.reads_config_map()) co_return files;
  auto reading = read_config_map();
  Result<AuthenticationConfig> found = co_await std::move(reading);
  if (!found) {
    const MutexLock lock(mutex_);
    if (!trouble_.empty()) trouble_ = found.error().message;
    co_return found.error();
  }
  AuthenticationConfig next = *config();
  if (options_.client_ca_file.empty()) next.client_authorities = std::move(found->client_authorities);
  if (options_.proxy_ca_file.empty()) next.proxy = std::move(found->proxy);
  configure(std::move(next));
  const MutexLock lock(mutex_);
  trouble_.clear();
  co_return files;
}

asio::awaitable<Result<AuthenticationConfig>> DelegatedGate::read_config_map() {
  const std::string what = "cannot read " + std::string(kConfigMap);
  kube::ApiRequest request;
  request.path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
  request.accept = "application/json";
  auto sending = api_.send(std::move(request));
  const Result<net::HttpResponse> answer = co_await std::move(sending);
  if (!answer) co_return answer.error().wrap(what);
  if (answer->status == 404) co_return *config();
  if (answer->status != 200) {
    const auto status = kube::read_api_status(answer->body);
    const std::string cause = status ? status->message : "status " + std::to_string(answer->status);
    co_return Error{ErrorCode::kUnavailable, cause}.wrap(what);
  }
  Result<AuthenticationConfig> config = read_authentication_config(answer->body);
  if (!config) co_return config.error().wrap(what);
  co_return config;
}

asio::awaitable<Result<std::string>> DelegatedGate::post(std::string path, std::string body) {
  kube::ApiRequest request;
  request.method = "POST";
  request.path = std::move(path);
  request.accept = "application/json";
  request.content_type = "application/json";
  request.body = std::move(body);
  request.timeout = std::chrono::seconds(10);
  auto sending = api_.send(std::move(request));
  Result<net::HttpResponse> answer = co_await std::move(sending);
  if (!answer) co_return answer.error();
  if (answer->status == 200 || answer->status == 201) co_return std::move(answer->body);
  const auto status = kube::read_api_status(answer->body);
  co_return Error{ErrorCode::kUnavailable,
                  status ? status->message : "status " + std::to_string(answer->status)};
}

asio::awaitable<Result<TokenVerdict>> DelegatedGate::review_token(std::string token) {
  if (auto known = tokens_.find(token, clock_.now())) co_return std::move(*known);
  auto posting = post("/apis/authentication.k8s.io/v1/tokenreviews", token_review(token));
  const Result<std::string> answer = co_await std::move(posting);
  if (!answer) co_return answer.error().wrap("cannot review the token");
  Result<TokenVerdict> verdict = read_token_review(*answer);
  if (verdict && token.size() <= kLongestQuestion) tokens_.put(std::move(token), *verdict, clock_.now());
  co_return verdict;
}

asio::awaitable<Result<AccessVerdict>> DelegatedGate::review_access(std::string review) {
  if (auto known = accesses_.find(review, clock_.now())) co_return std::move(*known);
  auto posting = post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
  const Result<std::string> answer = co_await std::move(posting);
  if (!answer) co_return answer.error().wrap("cannot review the access");
  Result<AccessVerdict> verdict = read_access_review(*answer);
  if (verdict && review.size() <= kLongestQuestion) accesses_.put(std::move(review), *verdict, clock_.now());
  co_return verdict;
}

asio::awaitable<Result<User>> DelegatedGate::authenticate(const ServerRequest& request) {
  Result<std::optional<User>> shown = user_of(request, *config());
  if (shown && *shown) co_return with_group(std::move(**shown));
  if (auto token = bearer_token(request)) {
    auto reviewing = review_token(std::move(*token));
    Result<TokenVerdict> verdict = co_await std::move(reviewing);
    if (!verdict) co_return verdict.error();
    if (!verdict->authenticated) co_return Error{ErrorCode::kUnauthorized, "the token is not good"};
    co_return with_group(std::move(verdict->user));
  }
  if (!shown) co_return shown.error();
  co_return User{std::string(kAnonymous), {}, {std::string(kUnauthenticated)}, {}};
}

asio::awaitable<std::optional<ServerResponse>> DelegatedGate::refuse(const ServerRequest& request) {
  if (is_open_path(request.path)) co_return std::nullopt;
  auto authenticating = authenticate(request);
  const Result<User> user = co_await std::move(authenticating);
  if (!user) {
    spdlog::debug("cannot tell who asks from {}: {}", request.remote_address, user.error().message);
    co_return status_answer(401, "Unauthorized", "Unauthorized", wants_pretty(request));
  }
  if (contains(user->groups, "system:masters")) co_return std::nullopt;
  const Attributes attributes = attributes_of(request);
  if (!attributes.is_resource && matches_path_pattern(request.path, options_.open_paths)) {
    co_return std::nullopt;
  }
  auto reviewing = review_access(access_review(*user, attributes));
  const Result<AccessVerdict> verdict = co_await std::move(reviewing);
  if (!verdict) co_return status_answer(500, "InternalError", verdict.error().message, wants_pretty(request));
  if (verdict->allowed) co_return std::nullopt;
  StatusDetails details;
  details.name = attributes.name;
  details.group = attributes.group;
  details.kind = attributes.resource;
  const std::string text = forbidden_text(*user, attributes, verdict->reason);
  co_return status_answer(403, "Forbidden", text, wants_pretty(request), details);
}

}  // namespace kubevitals::usage
