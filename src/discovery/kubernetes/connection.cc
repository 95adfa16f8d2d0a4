#include "discovery/kubernetes/connection.h"

#include <utility>

#include "discovery/http_client/transport.h"
#include "discovery/kubernetes/options.h"
#include "kube/config_files.h"
#include "kube/in_cluster.h"
#include "kube/server_url.h"

namespace kubevitals::discovery::kubernetes {
namespace {

Result<Connection> by_address(const Options& options) {
  Result<std::string> url = kube::parse_server_url(*options.api_server);
  if (!url) return url.error().wrap("cannot use api_server");
  const HttpClientOptions& http = options.http;
  const auto checked = make_transport_options(http.tls, http.proxy, http.enable_http2);
  if (!checked) return checked.error().wrap("cannot use the client options for api_server");
  if (http.oauth2) {
    const auto tokens = make_transport_options(http.oauth2->tls, http.oauth2->proxy, true);
    if (!tokens) return tokens.error().wrap("cannot use oauth2 for api_server");
  }
  return Connection{*std::move(url), http, std::nullopt};
}

}  // namespace

Result<Connection> make_connection(const Options& options, const kube::Surroundings& surroundings) {
  if (options.api_server) return by_address(options);
  kube::ConnectionFlags flags;
  flags.kubeconfig = options.kubeconfig_file;
  Result<kube::ApiServerConfig> config = options.kubeconfig_file.empty()
                                             ? kube::in_cluster_config(surroundings)
                                             : kube::load_config(flags, surroundings);
  if (!config) return config.error();
  return Connection{{}, {}, *std::move(config)};
}

Result<std::string> own_namespace(const kube::Surroundings& surroundings) {
  const std::string path = surroundings.service_account + "/namespace";
  Result<std::string> name = kube::read_file(path);
  if (!name) return name.error().wrap("cannot find out the own namespace");
  if (name->empty()) {
    return Error{ErrorCode::kInvalid, "cannot find out the own namespace: " + path + " is empty"};
  }
  return name;
}

}  // namespace kubevitals::discovery::kubernetes
