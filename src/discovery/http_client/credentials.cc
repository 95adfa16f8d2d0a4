#include "discovery/http_client/credentials.h"

#include <utility>

#include "base/base64.h"
#include "base/run_on.h"
#include "base/yaml_fields.h"

namespace kubevitals::discovery {
namespace {

std::string trim(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

asio::awaitable<Result<std::string>> read_secret(asio::any_io_executor workers, Secret secret,
                                                 std::string file) {
  if (!secret.empty() || file.empty()) co_return std::move(secret.text);
  auto read = [file] { return read_text_file(file); };
  Result<std::string> text = co_await run_on(std::move(workers), std::move(read));
  if (!text) co_return Error{ErrorCode::kUnauthorized, text.error().message};
  co_return trim(*text);
}

std::string basic_authorization(const std::string& user, const std::string& password) {
  return "Basic " + encode_base64(user + ":" + password);
}

asio::awaitable<Result<std::string>> configured_authorization(asio::any_io_executor workers,
                                                              const HttpClientOptions& options) {
  if (options.basic_auth) {
    const BasicAuthOptions& basic = *options.basic_auth;
    Secret name{basic.username};
    Result<std::string> user = co_await read_secret(workers, std::move(name), basic.username_file);
    if (!user) co_return user;
    Result<std::string> password = co_await read_secret(workers, basic.password, basic.password_file);
    if (!password) co_return password;
    co_return basic_authorization(*user, *password);
  }
  if (options.authorization) {
    const AuthorizationOptions& authorization = *options.authorization;
    Result<std::string> credentials =
        co_await read_secret(workers, authorization.credentials, authorization.credentials_file);
    if (!credentials) co_return credentials;
    co_return authorization.type + " " + *credentials;
  }
  co_return std::string();
}

asio::awaitable<Result<net::Headers>> configured_headers(asio::any_io_executor workers,
                                                         const HttpClientOptions& options) {
  net::Headers headers;
  for (const auto& [name, header] : options.http_headers) {
    for (const std::string& value : header.values) headers.add(name, value);
    for (const Secret& secret : header.secrets) headers.add(name, secret.text);
    for (const std::string& file : header.files) {
      Secret none;
      Result<std::string> value = co_await read_secret(workers, std::move(none), file);
      if (!value) co_return std::move(value).error();
      headers.add(name, *std::move(value));
    }
  }
  co_return headers;
}

}  // namespace kubevitals::discovery
