#include "kube/in_cluster.h"

#include "kube/config_files.h"

namespace kubevitals::kube {
namespace {

std::string lookup(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? std::string() : found->second;
}

}  // namespace

bool in_pod(const Surroundings& surroundings) {
  return !lookup(surroundings, "KUBERNETES_SERVICE_HOST").empty() &&
         !lookup(surroundings, "KUBERNETES_SERVICE_PORT").empty();
}

Result<ApiServerConfig> in_cluster_config(const Surroundings& surroundings) {
  if (!in_pod(surroundings)) {
    return Error{ErrorCode::kInvalid,
                 "cannot find an API server: not in a pod (KUBERNETES_SERVICE_HOST and "
                 "KUBERNETES_SERVICE_PORT are not "
                 "both set); use --kubeconfig, --apiserver or $KUBECONFIG"};
  }
  ApiServerConfig config;
  config.credentials.token_file = surroundings.service_account + "/token";
  config.transport.ca_file = surroundings.service_account + "/ca.crt";
  if (const Result<void> checked = check_files(config); !checked) {
    return checked.error().wrap("cannot use the pod's service account");
  }
  const std::string host = lookup(surroundings, "KUBERNETES_SERVICE_HOST");
  const bool v6 = host.find(':') != std::string::npos && !host.starts_with('[');
  config.url =
      "https://" + (v6 ? "[" + host + "]" : host) + ":" + lookup(surroundings, "KUBERNETES_SERVICE_PORT");
  return config;
}

}  // namespace kubevitals::kube
