// What a request shows of who makes it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/config/http_client_options.h"
#include "net/http_message.h"

namespace kubevitals::discovery {

// The text, or what the file holds at this moment without blanks around it; files are read on `workers`.
// kUnauthorized when the file cannot be read.
asio::awaitable<Result<std::string>> read_secret(asio::any_io_executor workers, Secret secret,
                                                 std::string file);

// The value of an Authorization field of the scheme "Basic".
std::string basic_authorization(const std::string& user, const std::string& password);

// The same of a configured basic_auth or authorization; empty when there is neither. Fails as read_secret().
// The options outlive the coroutine.
asio::awaitable<Result<std::string>> configured_authorization(asio::any_io_executor workers,
                                                              const HttpClientOptions& options);

// The fields of http_headers: for each name its values, its secrets and what its files hold.
asio::awaitable<Result<net::Headers>> configured_headers(asio::any_io_executor workers,
                                                         const HttpClientOptions& options);

}  // namespace kubevitals::discovery
