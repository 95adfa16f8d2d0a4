// The web configuration file that Prometheus' servers and exporters share: TLS, users, headers, a limit of
// the rate.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/http_message.h"
#include "net/password_checker.h"
#include "net/server_tls.h"

namespace kubevitals::net {

// A bucket of `burst` requests that gets one more each `interval`; an interval of zero: no limit.
struct RateLimit {
  std::chrono::nanoseconds interval{0};
  int burst = 0;

  bool operator==(const RateLimit&) const = default;
};

// Certificates, key and hashes are secret in part: none of it is to be logged.
struct WebConfig {
  std::optional<ServerTlsOptions> tls;  // without: plain HTTP
  Headers headers;                      // added to every answer that has not set them itself
  Users users;  // when there are some, each request has to name one, with its password
  RateLimit rate_limit;
  bool http2 = true;  // accepted; our servers speak HTTP/1.1
};

// Reads the text of a file that a configuration names.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// Reads `text` as the file `path`, to which the paths in it are relative. Strict: unknown keys are refused,
// and so is everything that would not work or not protect as it says. kInvalid with all problems, one a line,
// each with file, line and YAML path. An empty text is valid.
Result<WebConfig> parse_web_config(const std::string& text, const std::string& path,
                                   const FileReader& read_file);

// The same with the file and what it names read from disk: what a server with this file would do at its
// start.
Result<WebConfig> load_web_config(const std::string& path);

}  // namespace kubevitals::net
