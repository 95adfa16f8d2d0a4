#include "net/web_gate.h"

#include <openssl/crypto.h>
#include <strings.h>

#include <chrono>
#include <utility>

#include "base/base64.h"

namespace kubevitals::net {
namespace {

ServerResponse unauthorized() {
  ServerResponse response = ServerResponse::text(401, "Unauthorized\n");
  response.headers.set("WWW-Authenticate", "Basic");
  return response;
}

ServerResponse too_many() {
  ServerResponse response = ServerResponse::text(429, "Too Many Requests\n");
  response.headers.set("Retry-After", "1");
  return response;
}

ServerResponse breaking_off() {
  ServerResponse response;
  response.abort = true;
  return response;
}

}  // namespace

std::optional<BasicCredentials> parse_basic_authorization(std::string_view value) {
  constexpr std::string_view kScheme = "Basic ";
  if (value.size() < kScheme.size() || strncasecmp(value.data(), kScheme.data(), kScheme.size()) != 0)
    return {};
  std::optional<std::string> text = decode_base64(value.substr(kScheme.size()));
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return {};
  BasicCredentials credentials{text->substr(0, colon), text->substr(colon + 1)};
  OPENSSL_cleanse(text->data(), text->size());
  return credentials;
}

asio::awaitable<std::optional<ServerResponse>> WebGate::admit(std::shared_ptr<const WebState> state,
                                                              std::optional<std::string> authorization,
                                                              std::string address) {
  if (!limiter_.allow(state->config.rate_limit, std::chrono::steady_clock::now())) co_return too_many();
  if (state->config.users.empty()) co_return std::nullopt;
  std::optional<BasicCredentials> given;
  if (authorization) given = parse_basic_authorization(*authorization);
  if (!given) co_return unauthorized();
  std::shared_ptr<const Users> users(state, &state->config.users);
  auto check = source_->passwords().check(std::move(users), std::move(given->user),
                                          std::move(given->password), std::move(address));
  switch (co_await std::move(check)) {
    case PasswordVerdict::kRight:
      co_return std::nullopt;
    case PasswordVerdict::kWrong:
      co_return unauthorized();
    case PasswordVerdict::kBusy:
      co_return too_many();
    case PasswordVerdict::kCancelled:
      break;
  }
  co_return breaking_off();
}

void WebGate::add_headers(const WebState& state, ServerResponse& response) {
  for (const auto& [name, value] : state.config.headers) {
    if (!response.headers.find(name)) response.headers.set(name, value);
  }
}

}  // namespace kubevitals::net
