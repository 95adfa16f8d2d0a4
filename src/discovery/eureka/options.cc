#include "discovery/eureka/options.h"

#include "discovery/config/url.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::eureka {

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options) {
  mapping.read("server", options.server);
  if (options.server.empty()) {
    mapping.complain("server", "must be given");
  } else if (const auto parts = parse_url(options.server); !parts) {
    mapping.complain("server", parts.error().message);
  } else if (parts->scheme.empty() || parts->host.empty()) {
    mapping.complain("server", "must be a URL with a scheme and a host");
  }
  read_refresh_interval(mapping, options.refresh_interval);
  read_http_client_options(mapping, context, options.client);
}

}  // namespace kubevitals::discovery::eureka
