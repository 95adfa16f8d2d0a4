// URLs as they stand in a configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::discovery {

struct UrlParts {
  std::string scheme;  // in lower case; empty when there is none
  std::string user;    // as written
  std::optional<std::string> password;
  std::string host;  // with its port, as written
  std::string rest;  // path, query and fragment, as written
};

// Takes a URL apart and refuses what Go's url.Parse refuses. kInvalid with the cause, which does not quote
// the URL: it may hold a password.
Result<UrlParts> parse_url(std::string_view text);

// The URL with another text in place of its password; as it is when it has none or is no URL.
std::string redact_url(std::string_view text, std::string_view replacement);

}  // namespace kubevitals::discovery
