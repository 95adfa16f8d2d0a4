// From options to a connection.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "discovery/config/http_client_options.h"
#include "kube/config.h"

namespace kubevitals::discovery::kubernetes {

struct Options;

// How an API server is reached: equal connections are shared.
struct Connection {
  // By its address, with Prometheus' client options.
  std::string url;
  HttpClientOptions http;
  // Or as a kubeconfig or the service account of the pod says.
  std::optional<kube::ApiServerConfig> config;
  friend bool operator==(const Connection&, const Connection&) = default;

  const std::string& address() const { return config ? config->url : url; }
};

// The API server that the options name: by its address, by a kubeconfig, or else the one of the pod that this
// program runs in. Reads and checks certificates, and the token file of a service account.
Result<Connection> make_connection(const Options& options, const kube::Surroundings& surroundings);

// The namespace of the pod that this program runs in.
Result<std::string> own_namespace(const kube::Surroundings& surroundings);

}  // namespace kubevitals::discovery::kubernetes
