// Which API server to talk to, and how to be let in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"

namespace kubevitals::kube {

// A program that fetches credentials: client.authentication.k8s.io, versions v1 and v1beta1.
struct ExecPlugin {
  std::string api_version;
  std::string command;  // a path, or a name to look up in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  bool provide_cluster_info = false;
};

// At most one kind is set, but for a token file beside a token: then the file counts.
struct Credentials {
  std::string token;
  std::string token_file;  // read again while the program runs
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
};

struct ApiServerConfig {
  std::string url;  // without a slash at the end
  net::TransportOptions transport;
  Credentials credentials;
  bool compression = true;
};

// What the command line says.
struct ConnectionFlags {
  std::string apiserver;   // --apiserver: with a kubeconfig it replaces the server's address
  std::string kubeconfig;  // --kubeconfig
  std::string context;     // --context: instead of the file's current one
};

// What there is besides the command line; a parameter for tests.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};
Surroundings real_surroundings();

// Works out the connection: --kubeconfig if given; --apiserver alone means no credentials; otherwise
// $KUBECONFIG, and otherwise the service account of the pod. kInvalid, in one line that names the file, when
// something is missing or wrong. Secrets never get into messages.
Result<ApiServerConfig> load_config(const ConnectionFlags& flags, const Surroundings& surroundings);

// Reads one kubeconfig file's text; `path` names it in messages and relative paths start from its directory.
// Unknown keys are left alone, as kubectl does. Source: k8s.io/client-go/tools/clientcmd.
Result<ApiServerConfig> parse_kubeconfig(const std::string& text, const std::string& path,
                                         const std::string& context);

// The service account of the pod that this runs in.
Result<ApiServerConfig> in_cluster_config(const Surroundings& surroundings);

}  // namespace kubevitals::kube
