#include "discovery/http_client/oauth2.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include "discovery/http_client/credentials.h"
#include "discovery/http_client/transport.h"
#include "net/curl_url.h"

namespace kubevitals::discovery {
namespace {

using std::chrono::seconds;

constexpr seconds kBeforeExpiry{10};
constexpr seconds kLongest{10LL * 365 * 24 * 3600};
constexpr std::size_t kMaxAnswer = 1 << 20;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// As in a form: what stands in the authorization field is encoded so before (RFC 6749 section 2.3.1).
std::string form_encode(std::string_view text) {
  const std::string encoded = net::url_encode(text);
  std::string form;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const bool blank = encoded.compare(i, 3, "%20") == 0;
    form += blank ? '+' : encoded[i];
    if (blank) i += 2;
  }
  return form;
}

std::map<std::string, std::string> members_of_form(std::string_view body) {
  std::map<std::string, std::string> members;
  for (const auto& [name, value] : net::decode_query(body)) members.emplace(name, value);
  return members;
}

// Texts and numbers only: nothing else matters.
Result<std::map<std::string, std::string>> members_of_json(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(boost::json::string_view(body), error);
  if (error || !document.is_object()) return invalid("the answer is no JSON object");
  std::map<std::string, std::string> members;
  for (const auto& [name, value] : document.get_object()) {
    if (value.is_string()) {
      members.emplace(std::string(name), std::string(value.get_string()));
    } else if (value.is_number()) {
      members.emplace(std::string(name), std::to_string(value.to_number<std::int64_t>(error)));
    }
  }
  return members;
}

Result<std::map<std::string, std::string>> members_of(std::string_view content_type, std::string_view body) {
  const std::string type = lower_case(content_type.substr(0, content_type.find_first_of("; ")));
  const bool form = type == "application/x-www-form-urlencoded" || type == "text/plain";
  if (form) return members_of_form(body);
  return members_of_json(body);
}

// What a token (RFC 6750 section 2.1) and a scheme have in common; else a field could not hold them, or would
// not say where one ends.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string scheme_of(const std::string& token_type) {
  const std::string lower = lower_case(token_type);
  if (lower.empty() || lower == "bearer") return "Bearer";
  if (lower == "mac") return "MAC";
  if (lower == "basic") return "Basic";
  return token_type;
}

// "invalid_client: no such client", when a refusal says so.
std::string reason_of(const net::HttpResponse& response) {
  const auto members = members_of(response.headers.joined("Content-Type"), response.body);
  if (!members) return {};
  std::string reason;
  for (const char* name : {"error", "error_description"}) {
    const auto found = members->find(name);
    if (found != members->end()) reason.append(": ").append(net::shown_text(found->second, 200));
  }
  return reason;
}

}  // namespace

Result<OAuth2Token> parse_token_response(std::string_view content_type, std::string_view body) {
  auto members = members_of(content_type, body);
  if (!members) return std::move(members).error();
  const std::string& token = (*members)["access_token"];
  if (token.empty()) return invalid("the answer has no access_token");
  if (!is_visible(token)) return invalid("the answer's access_token has blanks or control characters");
  const std::string& type = (*members)["token_type"];
  if (!is_visible(type)) return invalid("the answer's token_type is no authentication scheme");
  OAuth2Token made{scheme_of(type) + " " + token, std::nullopt};
  const std::string& text = (*members)["expires_in"];
  std::int64_t lifetime = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lifetime);
  if (error == std::errc() && end == text.data() + text.size() && lifetime > 0) {
    made.lifetime = std::min(seconds(std::min(lifetime, kLongest.count())), kLongest);
  }
  return made;
}

Result<std::unique_ptr<TokenSource>> TokenSource::make(const OAuth2Options& options,
                                                       const DiscovererContext& context) {
  Result<net::TransportOptions> transport = make_transport_options(options.tls, options.proxy, true);
  if (!transport) return std::move(transport).error().wrap("oauth2");
  return std::unique_ptr<TokenSource>(new TokenSource(options, context, *std::move(transport)));
}

TokenSource::TokenSource(const OAuth2Options& options, const DiscovererContext& context,
                         net::TransportOptions transport)
    : options_(options),
      workers_(context.workers),
      clock_(context.clock),
      proxies_(options.proxy, environment_variable),
      http_(context.io, std::move(transport)) {}

asio::awaitable<Result<std::string>> TokenSource::authorization(std::chrono::milliseconds timeout) {
  Result<std::string> secret =
      co_await read_secret(workers_, options_.client_secret, options_.client_secret_file);
  if (!secret) co_return secret;
  if (auto known = cached(*secret)) co_return *std::move(known);
  co_return co_await fetch(*std::move(secret), timeout);
}

void TokenSource::forget(const std::string& authorization) {
  const MutexLock lock(mutex_);
  if (cached_ && cached_->authorization == authorization) cached_.reset();
}

std::optional<std::string> TokenSource::cached(const std::string& secret) {
  const MutexLock lock(mutex_);
  if (!cached_ || cached_->secret != secret) return std::nullopt;
  if (cached_->expires && *cached_->expires - kBeforeExpiry <= clock_.now()) return std::nullopt;
  return cached_->authorization;
}

Result<net::HttpRequest> TokenSource::make_request(const std::string& secret, Style style) const {
  std::map<std::string, std::string> form{{"grant_type", options_.grant_type}};
  if (!options_.scopes.empty()) {
    std::string scopes;
    for (const std::string& scope : options_.scopes) scopes.append(scopes.empty() ? "" : " ").append(scope);
    form.emplace("scope", std::move(scopes));
  }
  for (const auto& [name, value] : options_.endpoint_params) {
    // The type of the grant may be another one for servers that want that.
    if (name != "grant_type" && form.contains(name)) {
      return invalid("the parameter " + name + " is given twice: by the options and by endpoint_params");
    }
    form[name] = value;
  }
  net::HttpRequest request;
  if (style == Style::kParameters) {
    form["client_id"] = options_.client_id;
    if (!secret.empty()) form["client_secret"] = secret;
  } else {
    request.headers.set("Authorization",
                        basic_authorization(form_encode(options_.client_id), form_encode(secret)));
  }
  const Result<net::HttpUrl> url = net::parse_http_url(options_.token_url);
  if (!url) return url.error().wrap("bad token URL");
  request.method = "POST";
  request.url = url->text;
  request.proxy_url = proxies_.proxy_for(*url);
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.headers.set("Accept", "application/json");
  request.body = net::encode_query({form.begin(), form.end()});
  return request;
}

asio::awaitable<Result<Result<OAuth2Token>>> TokenSource::ask(net::HttpRequest request) {
  Result<net::HttpResponse> response = co_await http_.send(std::move(request), kMaxAnswer);
  if (!response) co_return std::move(response).error();
  if (response->status < 200 || response->status > 299) {
    co_return Result<OAuth2Token>(
        invalid("HTTP status " + std::to_string(response->status) + reason_of(*response)));
  }
  co_return parse_token_response(response->headers.joined("Content-Type"), response->body);
}

asio::awaitable<Result<std::string>> TokenSource::fetch(std::string secret,
                                                        std::chrono::milliseconds timeout) {
  const std::string what = "cannot get a token from " + net::shown_url(options_.token_url);
  Style style = Style::kUnknown;
  {
    const MutexLock lock(mutex_);
    style = style_;
  }
  const bool probe = style == Style::kUnknown;
  if (probe) style = Style::kHeader;
  while (true) {
    Result<net::HttpRequest> request = make_request(secret, style);
    if (!request) co_return Error{ErrorCode::kUnauthorized, request.error().wrap(what).message};
    request->timeout = timeout;
    Result<Result<OAuth2Token>> answer = co_await ask(*std::move(request));
    if (!answer) {
      const bool cancelled = answer.error().code == ErrorCode::kCancelled;
      co_return Error{cancelled ? ErrorCode::kCancelled : ErrorCode::kUnauthorized,
                      answer.error().wrap(what).message};
    }
    const Result<OAuth2Token>& token = *answer;
    if (!token && probe && style == Style::kHeader) {
      style = Style::kParameters;
      continue;
    }
    if (!token) co_return Error{ErrorCode::kUnauthorized, token.error().wrap(what).message};
    const MutexLock lock(mutex_);
    style_ = style;
    cached_ = Cached{std::move(secret), token->authorization, std::nullopt};
    if (token->lifetime) cached_->expires = clock_.now() + *token->lifetime;
    co_return token->authorization;
  }
}

}  // namespace kubevitals::discovery
