#include "discovery/consul/options.h"

#include "discovery/config/duration.h"

namespace kubevitals::discovery::consul {
namespace {

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

// "scheme://host/prefix" as Consul's own client takes it: what it names goes before the other options.
void read_server(YamlMapping& mapping, Options& options) {
  constexpr std::string_view kMark = "://";
  if (is_blank(options.server)) {
    mapping.complain("server", "a server address is needed");
    return;
  }
  const std::size_t mark = options.server.find(kMark);
  if (mark == std::string::npos) return;
  const std::string scheme = options.server.substr(0, mark);
  if (scheme != "http" && scheme != "https") {
    mapping.complain("server", "expected host:port, or a URL with http or https");
    return;
  }
  if (scheme == "https") options.scheme = scheme;
  std::string rest = options.server.substr(mark + kMark.size());
  if (const std::size_t slash = rest.find('/'); slash != std::string::npos) {
    options.path_prefix = rest.substr(slash);
    rest.resize(slash);
  }
  options.server = rest;
}

// Both become basic_auth.
void read_user(YamlMapping& mapping, Options& options) {
  std::string username;
  Secret password;
  mapping.read("username", username);
  read_secret(mapping, "password", password);
  if (username.empty() && password.empty()) return;
  if (options.http.basic_auth) {
    mapping.complain("username and password exclude basic_auth");
  } else if (options.http.authorization || options.http.oauth2) {
    mapping.complain("username and password exclude authorization and oauth2");
  }
  BasicAuthOptions& basic = options.http.basic_auth.emplace();
  basic.username = std::move(username);
  basic.password = std::move(password);
}

}  // namespace

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options) {
  mapping.read("server", options.server);
  mapping.read("path_prefix", options.path_prefix);
  mapping.read("scheme", options.scheme);
  read_secret(mapping, "token", options.token);
  mapping.read("datacenter", options.datacenter);
  mapping.read("namespace", options.name_space);
  mapping.read("partition", options.partition);
  mapping.read("tag_separator", options.tag_separator);
  mapping.read("allow_stale", options.allow_stale);
  read_duration(mapping, "refresh_interval", options.refresh_interval);
  mapping.read("services", options.services);
  mapping.read("tags", options.tags);
  mapping.read("node_meta", options.node_meta);
  mapping.read("filter", options.filter);
  mapping.read("health_filter", options.health_filter);
  read_http_client_options(mapping, context, options.http);
  read_server(mapping, options);
  read_user(mapping, options);

  if (options.scheme.empty()) options.scheme = "http";
  if (options.scheme != "http" && options.scheme != "https") {
    mapping.complain("scheme", "expected http or https");
  }
  if (!options.token.empty() && (options.http.authorization || options.http.oauth2)) {
    mapping.complain("token excludes authorization and oauth2");
  }
  if (options.refresh_interval.count() <= 0) {
    mapping.complain("refresh_interval", "must be greater than zero");
  }
}

std::vector<exposition::MetricFamily> metric_families() {
  using exposition::MetricKind;
  return {
      {"prometheus_sd_consul_rpc_failures_total", MetricKind::kCounter, "Calls to Consul that failed.", {}},
      {"prometheus_sd_consul_rpc_duration_seconds",
       MetricKind::kHistogram,
       "How long calls to Consul took; most of it is waiting for a change.",
       {"endpoint", "call"}},
  };
}

}  // namespace kubevitals::discovery::consul
