#include "usage/api/auth/delegated.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <string_view>
#include <utility>

#include "base/go_text.h"
#include "kube/api_status.h"
#include "usage/api/api_status.h"
#include "usage/api/auth/open_paths.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view kAuthenticated = "system:authenticated";

bool has_group(const User& user, std::string_view group) {
  return std::find(user.groups.begin(), user.groups.end(), group) != user.groups.end();
}

// Field names are compared without case.
bool is_field(std::string_view name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& one) { return boost::beast::iequals(name, one); });
}

std::optional<User> user_of_headers(const ServerRequest& request, const AuthenticationConfig& config) {
  User user;
  for (const std::string& header : config.user_headers) {
    if (user.name.empty()) user.name = request.headers.find(header).value_or("");
  }
  if (user.name.empty()) return std::nullopt;
  for (const auto& [name, value] : request.headers) {
    if (is_field(name, config.group_headers)) user.groups.push_back(value);
    if (user.uid.empty() && is_field(name, config.uid_headers)) user.uid = value;
    for (const std::string& prefix : config.extra_prefixes) {
      if (name.size() <= prefix.size() || !boost::beast::iequals(name.substr(0, prefix.size()), prefix))
        continue;
      user.extra[net::url_decode(to_lower(name.substr(prefix.size())), false)].push_back(value);
    }
  }
  return user;
}

std::optional<std::string> bearer_token(const ServerRequest& request) {
  std::string_view field = request.headers.find("Authorization").value_or("");
  constexpr std::string_view kScheme = "bearer ";
  if (field.size() <= kScheme.size() || !boost::beast::iequals(field.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  field.remove_prefix(kScheme.size());
  while (field.starts_with(' ')) field.remove_prefix(1);
  return field.empty() ? std::nullopt : std::optional<std::string>(field);
}

ServerResponse unauthorized(const ServerRequest& request) {
  return status_answer(401, "Unauthorized", "Unauthorized", wants_pretty(request));
}

}  // namespace

std::optional<User> user_of(const ServerRequest& request, const AuthenticationConfig& config) {
  const auto& shown = request.client_certificate;
  if (!shown) return std::nullopt;
  const auto& names = config.proxy_names;
  const bool named =
      names.empty() || std::find(names.begin(), names.end(), shown->common_name()) != names.end();
  if (named && config.proxy_authorities && shown->is_signed_by(*config.proxy_authorities)) {
    if (auto user = user_of_headers(request, config)) return user;
  }
  if (!config.client_authorities || shown->common_name().empty()) return std::nullopt;
  if (!shown->is_signed_by(*config.client_authorities)) return std::nullopt;
  User user;
  user.name = shown->common_name();
  user.groups = shown->organizations();
  return user;
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

asio::awaitable<Result<void>> DelegatedGate::load() {
  constexpr std::string_view kWhat = "cannot read ConfigMap kube-system/extension-apiserver-authentication";
  kube::ApiRequest request;
  request.path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
  request.accept = "application/json";
  auto sending = api_.send(std::move(request));
  const Result<net::HttpResponse> answer = co_await std::move(sending);
  if (!answer) co_return answer.error().wrap(kWhat);
  if (answer->status != 200) {
    const auto status = kube::read_api_status(answer->body);
    const std::string cause = status ? status->message : "status " + std::to_string(answer->status);
    co_return Error{ErrorCode::kUnavailable, cause}.wrap(kWhat);
  }
  Result<AuthenticationConfig> config = read_authentication_config(answer->body);
  if (!config) co_return config.error().wrap(kWhat);
  configure(std::move(*config));
  co_return Result<void>();
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
  if (verdict) tokens_.put(std::move(token), *verdict, clock_.now());
  co_return verdict;
}

asio::awaitable<Result<AccessVerdict>> DelegatedGate::review_access(std::string review) {
  if (auto known = accesses_.find(review, clock_.now())) co_return std::move(*known);
  auto posting = post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
  const Result<std::string> answer = co_await std::move(posting);
  if (!answer) co_return answer.error().wrap("cannot review the access");
  Result<AccessVerdict> verdict = read_access_review(*answer);
  if (verdict) accesses_.put(std::move(review), *verdict, clock_.now());
  co_return verdict;
}

asio::awaitable<std::optional<ServerResponse>> DelegatedGate::refuse(const ServerRequest& request) {
  if (is_open_path(request.path)) co_return std::nullopt;
  std::optional<User> user = user_of(request, *config());
  if (!user) {
    if (auto token = bearer_token(request)) {
      auto reviewing = review_token(std::move(*token));
      Result<TokenVerdict> verdict = co_await std::move(reviewing);
      if (!verdict || !verdict->authenticated) co_return unauthorized(request);
      user = std::move(verdict->user);
    }
  }
  if (!user) {
    user.emplace();
    user->name = "system:anonymous";
    user->groups = {"system:unauthenticated"};
  } else if (user->name != "system:anonymous" && !has_group(*user, kAuthenticated)) {
    user->groups.emplace_back(kAuthenticated);
  }
  if (has_group(*user, "system:masters")) co_return std::nullopt;
  const Attributes attributes = attributes_of(request);
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
