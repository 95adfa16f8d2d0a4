// What has to be known of a URL before it is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::net {

// An http or https URL taken apart as the client will take it.
struct HttpUrl {
  std::string text;  // without credentials
  std::string scheme;
  std::string host;  // in lower case, without the brackets of an IPv6 address
  std::uint16_t port = 0;
  bool has_credentials = false;
  std::string user;  // decoded
  std::string password;
};

// kInvalid with the cause alone.
Result<HttpUrl> parse_http_url(const std::string& text);

// Where a Location leads to from there (RFC 3986 section 5); kInvalid with the cause alone.
Result<std::string> resolve_url(const std::string& base, const std::string& reference);

}  // namespace kubevitals::net
