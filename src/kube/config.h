// Which API server to talk to, and how to be let in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"

namespace kubevitals::kube {

// A program that fetches credentials: client.authentication.k8s.io, versions v1 and v1beta1.
struct ExecPlugin {
  std::string api_version;  // with the group
  std::string command;      // a path, or a name to look up in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // besides this program's own
  std::string install_hint;                                      // told when there is no such command
  bool provide_cluster_info = false;
  std::string cluster_config;  // JSON: what the cluster's extension has for plugins; empty for nothing
  // kubectl waits for ever, because its user can press Ctrl-C.
  std::chrono::milliseconds timeout{60'000};
  friend bool operator==(const ExecPlugin&, const ExecPlugin&) = default;
};

// How to be let in, besides the client certificate in the TransportOptions. At most one of token (with or
// without a file), username and exec is set.
struct Credentials {
  std::string token;       // beside a file: used as long as the file cannot be read
  std::string token_file;  // read again while the program runs
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

struct ApiServerConfig {
  std::string url;  // with a path if the server has one, without a slash at the end
  net::TransportOptions transport;
  Credentials credentials;
  net::Headers headers;     // sent with each request: whom to impersonate
  bool compression = true;  // ask for compressed responses
  friend bool operator==(const ApiServerConfig&, const ApiServerConfig&) = default;
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

// Works out the connection: from --kubeconfig if it is given; --apiserver alone means no credentials;
// otherwise from the files of $KUBECONFIG, and otherwise from the service account of the pod. Reads and
// checks certificates and token files, so that what is missing or wrong is known before the first request.
//
// Fails with kInvalid and one line: the file, where there is one the line in it, and the cause. Nothing
// secret gets into it.
Result<ApiServerConfig> load_config(const ConnectionFlags& flags, const Surroundings& surroundings);

}  // namespace kubevitals::kube
