#include "usage/sources/source_options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kube/config_files.h"
#include "kube/in_cluster.h"
#include "kube/server_url.h"
#include "net/http_message.h"

namespace kubevitals::usage {
namespace {

constexpr std::array<std::string_view, 8> kParameters{
    "apiVersion", "auth",         "host_id_annotation", "inClusterConfig",
    "insecure",   "kubeletHttps", "kubeletPort",        "useServiceAccount"};

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// The address of the API server in the URI; empty when there is none.
Result<std::string> server_in(const FlagUri& uri) {
  if (uri.scheme.empty() || uri.host.empty()) return std::string();
  return kube::parse_server_url(uri.scheme + "://" + bracketed(uri.host) +
                                (uri.port.empty() ? "" : ":" + uri.port));
}

// Neither CA nor anything else that is checked.
void stop_verifying(net::TransportOptions& transport) {
  transport.insecure_skip_verify = true;
  transport.ca_file.clear();
  transport.ca_data.clear();
}

Result<kube::ApiServerConfig> find_api_server(const FlagUri& uri, const kube::ConnectionFlags& connection,
                                              const kube::Surroundings& surroundings,
                                              std::vector<std::string>& warnings) {
  Result<std::string> server = server_in(uri);
  if (!server) return server.error();
  const Result<bool> in_cluster = uri.flag("inClusterConfig", true);
  if (!in_cluster) return in_cluster.error();
  const std::string_view file = uri.parameter("auth").value_or("");
  if (!*in_cluster && !file.empty()) {
    if (!server->empty()) warnings.push_back("the address in " + uri.key + " is not used: auth names one");
    kube::ConnectionFlags flags;
    flags.kubeconfig = file;
    return kube::load_config(flags, surroundings);
  }
  if (!file.empty()) warnings.emplace_back("auth is not used without inClusterConfig=false");
  if (!*in_cluster) {
    if (server->empty()) return invalid("inClusterConfig=false needs auth or the API server's address");
    kube::ApiServerConfig config;
    config.url = std::move(*server);
    return config;
  }
  if (server->empty() && !uri.parameter("inClusterConfig")) {
    return kube::load_config(connection, surroundings);
  }
  Result<kube::ApiServerConfig> config = kube::in_cluster_config(surroundings);
  if (config && !server->empty()) config->url = std::move(*server);
  return config;
}

// The token of the pod's service account instead of other credentials, if there is one.
void use_service_account(kube::ApiServerConfig& config, const kube::Surroundings& surroundings,
                         std::vector<std::string>& warnings) {
  const std::string file = surroundings.service_account + "/token";
  if (const Result<std::string> token = kube::read_token_file(file); !token) {
    warnings.push_back("useServiceAccount has no effect: " + token.error().message);
    return;
  }
  config.credentials = {};
  config.credentials.token_file = file;
}

Result<kube::ApiServerConfig> read_api_server(const FlagUri& uri, const kube::ConnectionFlags& connection,
                                              const kube::Surroundings& surroundings,
                                              std::vector<std::string>& warnings) {
  Result<kube::ApiServerConfig> config = find_api_server(uri, connection, surroundings, warnings);
  if (!config) return config;
  const Result<bool> insecure = uri.flag("insecure", false);
  if (!insecure) return insecure.error();
  if (*insecure) stop_verifying(config->transport);
  const Result<bool> service_account = uri.flag("useServiceAccount", false);
  if (!service_account) return service_account.error();
  if (*service_account) use_service_account(*config, surroundings, warnings);
  return config;
}

Result<std::uint16_t> read_port(const FlagUri& uri, std::uint16_t otherwise) {
  const Result<std::int64_t> port = uri.number("kubeletPort", otherwise);
  if (!port) return port.error();
  if (*port < 1 || *port > 65535)
    return invalid("kubeletPort: expected 1 to 65535, not " + std::to_string(*port));
  return static_cast<std::uint16_t>(*port);
}

Result<void> apply_tls_flags(const KubeletFlags& flags, net::TransportOptions& transport) {
  if (flags.insecure_tls && !flags.certificate_authority.empty()) {
    return invalid("cannot use both --kubelet-certificate-authority and --kubelet-insecure-tls");
  }
  if (flags.client_certificate.empty() != flags.client_key.empty()) {
    return invalid(
        "cannot use one of --kubelet-client-certificate and --kubelet-client-key without the other");
  }
  if (flags.insecure_tls) stop_verifying(transport);
  if (!flags.certificate_authority.empty()) {
    transport.ca_file = flags.certificate_authority;
    transport.ca_data.clear();
    transport.insecure_skip_verify = false;
  }
  if (!flags.client_certificate.empty()) {
    transport.certificate_file = flags.client_certificate;
    transport.key_file = flags.client_key;
    transport.certificate_data.clear();
    transport.key_data.clear();
  }
  return {};
}

Result<KubeletOptions> read_kubelet(const FlagUri& uri, const KubeletFlags& flags, const SourceType& type,
                                    const kube::ApiServerConfig& api_server) {
  KubeletOptions kubelet;
  const Result<bool> https = uri.flag("kubeletHttps", type.kubelet_https);
  if (!https) return https.error();
  kubelet.https = *https;
  const Result<std::uint16_t> port = read_port(uri, flags.port.value_or(type.kubelet_port));
  if (!port) return port.error();
  kubelet.port = *port;
  // A port in the URI is meant for all nodes.
  kubelet.use_node_status_port = flags.use_node_status_port && !uri.parameter("kubeletPort");
  kubelet.preferred_addresses = flags.preferred_addresses;
  if (kubelet.preferred_addresses.empty() && type.address_rule == AddressRule::kPreferredTypes) {
    kubelet.preferred_addresses = default_preferred_addresses();
  }
  if (!kubelet.https) return kubelet;
  kubelet.credentials = api_server.credentials;
  kubelet.transport = api_server.transport;
  // These are about the one server alone.
  kubelet.transport.tls_server_name.clear();
  kubelet.transport.unix_socket.clear();
  const bool has_ca = !kubelet.transport.ca_file.empty() || !kubelet.transport.ca_data.empty();
  if (!has_ca && type.address_rule == AddressRule::kReadyIp) stop_verifying(kubelet.transport);
  if (const Result<void> applied = apply_tls_flags(flags, kubelet.transport); !applied)
    return applied.error();
  return kubelet;
}

}  // namespace

std::vector<std::string> default_preferred_addresses() {
  return {"Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"};
}

Result<SourceOptions> read_source_options(const FlagUri& uri, const KubeletFlags& flags,
                                          const kube::ConnectionFlags& connection,
                                          const kube::Surroundings& surroundings) {
  SourceOptions options;
  const std::string context = "cannot use --source=" + kube::one_line(uri.redacted());
  options.type = find_source_type(uri.key);
  if (options.type == nullptr) {
    std::string known;
    for (const SourceType& type : source_types()) known.append(known.empty() ? "" : ", ").append(type.name);
    return invalid("no such source; there are " + known).wrap(context);
  }
  for (const auto& [name, value] : uri.query) {
    if (std::find(kParameters.begin(), kParameters.end(), name) == kParameters.end()) {
      options.warnings.push_back(uri.key + ": unknown parameter " + kube::one_line(name, 64) + " is ignored");
    }
  }
  options.host_id_annotation = uri.parameter("host_id_annotation").value_or("");
  Result<kube::ApiServerConfig> api_server = read_api_server(uri, connection, surroundings, options.warnings);
  if (!api_server) return api_server.error().wrap(context);
  options.api_server = std::move(*api_server);
  Result<KubeletOptions> kubelet = read_kubelet(uri, flags, *options.type, options.api_server);
  if (!kubelet) return kubelet.error().wrap(context);
  options.kubelet = std::move(*kubelet);
  return options;
}

Result<std::string> choose_address(const NodeRecord& node, const std::vector<std::string>& preferred) {
  const auto none = [&node](const std::string& cause) {
    return Error{ErrorCode::kUnavailable, "cannot ask node " + node.info->name + ": " + cause};
  };
  if (preferred.empty()) {
    if (!node.ready) return none("it is not ready");
    std::string external;
    std::string internal;
    for (const auto& [type, address] : node.addresses) {
      if (type == "InternalIP" && is_ip_address(address)) internal = address;
      if (type == "ExternalIP" && external.empty() && is_ip_address(address)) external = address;
    }
    if (!internal.empty()) return internal;
    if (!external.empty()) return external;
    return none("it has neither an InternalIP nor an ExternalIP");
  }
  std::string types;
  for (const std::string& type : preferred) {
    for (const auto& [own_type, address] : node.addresses) {
      if (own_type == type && !address.empty()) return address;
    }
    types.append(types.empty() ? "" : ", ").append(type);
  }
  return none("it has no address of type " + types);
}

std::string kubelet_path(const NodeRecord& node, const SourceType& source) {
  if (!source.path_is_annotated || node.resource_metrics_path.empty()) return std::string(source.path);
  const bool absolute = node.resource_metrics_path.starts_with('/');
  return (absolute ? "" : "/") + net::encode_path(node.resource_metrics_path);
}

Result<std::string> kubelet_url(const NodeRecord& node, const SourceOptions& options) {
  const KubeletOptions& kubelet = options.kubelet;
  const Result<std::string> address = choose_address(node, kubelet.preferred_addresses);
  if (!address) return address;
  const bool own_port = kubelet.use_node_status_port && node.kubelet_port > 0 && node.kubelet_port <= 65535;
  const std::int32_t port = own_port ? node.kubelet_port : kubelet.port;
  return std::string(kubelet.https ? "https://" : "http://")
      .append(bracketed(*address))
      .append(":")
      .append(std::to_string(port))
      .append(kubelet_path(node, *options.type));
}

}  // namespace kubevitals::usage
