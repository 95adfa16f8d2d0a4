#include "discovery/http/options.h"

#include "discovery/config/url.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::http {

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options) {
  mapping.read("url", options.url);
  if (options.url.empty()) {
    mapping.complain("url", "must be given");
  } else if (const auto parts = parse_url(options.url); !parts) {
    mapping.complain("url", parts.error().message);
  } else if (parts->scheme != "http" && parts->scheme != "https") {
    mapping.complain("url", "the scheme must be http or https");
  } else if (parts->host.empty()) {
    mapping.complain("url", "the host is missing");
  }
  read_refresh_interval(mapping, options.refresh_interval);
  read_http_client_options(mapping, context, options.client);
}

}  // namespace kubevitals::discovery::http
