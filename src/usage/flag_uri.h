// The value of --source and --sink: "kubernetes:https://host?a=b", "log", "statsd:udp://host:8125?prefix=x".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace kubevitals::usage {

struct FlagUri {
  std::string key;     // what stands before the first colon
  std::string scheme;  // of the URL behind it; all parts may be empty
  std::string user;
  std::string password;
  std::string host;  // without the brackets of an IPv6 address
  std::string port;
  std::string path;
  net::QueryParameters query;

  // The first parameter of this name.
  std::optional<std::string_view> parameter(std::string_view name) const;
  // Go's ParseBool ("1", "t", "true", …); kInvalid names the parameter.
  Result<bool> flag(std::string_view name, bool otherwise) const;
  Result<std::int64_t> number(std::string_view name, std::int64_t otherwise) const;

  // For logs and metrics: password and the parameters that hold secrets are left out.
  std::string redacted() const;
};

// Environment variables ($NAME, ${NAME}) behind the key are expanded, as the incumbent does. kInvalid when
// the key is missing or the URL cannot be one.
Result<FlagUri> parse_flag_uri(std::string_view text);

}  // namespace kubevitals::usage
