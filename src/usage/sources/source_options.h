// What a value of --source comes to: which source it is, how the API server is reached, and how kubelets are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/config.h"
#include "usage/directory/object_projection.h"
#include "usage/flag_uri.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {

// What the command line says about kubelets, under metrics-server's names. It counts for every source, but
// the URI's parameters count more.
struct KubeletFlags {
  std::optional<std::uint16_t> port;             // --kubelet-port
  bool use_node_status_port = false;             // --kubelet-use-node-status-port
  bool insecure_tls = false;                     // --kubelet-insecure-tls
  std::string certificate_authority;             // --kubelet-certificate-authority: a file
  std::string client_certificate;                // --kubelet-client-certificate
  std::string client_key;                        // --kubelet-client-key
  std::vector<std::string> preferred_addresses;  // --kubelet-preferred-address-types; empty: the source's own
};

// The types of metrics-server's default.
std::vector<std::string> default_preferred_addresses();

struct KubeletOptions {
  std::uint16_t port = 0;
  bool https = false;
  bool use_node_status_port = false;             // where the node tells one
  std::vector<std::string> preferred_addresses;  // empty: Heapster's rule, see choose_address()
  net::TransportOptions transport;               // those of the API server, but for what the flags say
  kube::Credentials credentials;                 // the API server's; none over plain HTTP
};

struct SourceOptions {
  const SourceType* type = nullptr;
  kube::ApiServerConfig api_server;
  KubeletOptions kubelet;
  std::string host_id_annotation;  // for the Directory
  // What is not understood or has no effect, one line each, to be logged: the incumbent ignores it in
  // silence.
  std::vector<std::string> warnings;
};

// Heapster's parameters: inClusterConfig, auth, useServiceAccount, insecure, kubeletHttps, kubeletPort,
// apiVersion, host_id_annotation. With `auth` and inClusterConfig=false the kubeconfig says which API server;
// with inClusterConfig=false alone it is the URI's, without credentials; otherwise it is the pod's cluster,
// under the URI's address if that has one. Where the URI says nothing about it, `connection` counts as it
// does for the other pillars.
//
// Kubelets are trusted as the API server is. Over HTTPS without a CA that could vouch for them they are not
// verified by Heapster's sources; `kubernetes.resource` then asks the system's store. Reads and checks what
// the API server's configuration names. kInvalid names the parameter or file and the cause.
Result<SourceOptions> read_source_options(const FlagUri& uri, const KubeletFlags& flags,
                                          const kube::ConnectionFlags& connection,
                                          const kube::Surroundings& surroundings);

// The address to ask. Without a preference: the last InternalIP that is an IP address, else the first
// ExternalIP that is one, of a node that is ready. With one: the first address of the first type that the
// node has, ready or not. kUnavailable says why there is none.
Result<std::string> choose_address(const NodeRecord& node, const std::vector<std::string>& preferred);

// The path of the source at this node: "/metrics/resource".
std::string kubelet_path(const NodeRecord& node, const SourceType& source);

// What to ask the node's kubelet for: "https://10.0.0.1:10250/metrics/resource".
Result<std::string> kubelet_url(const NodeRecord& node, const SourceOptions& options);

}  // namespace kubevitals::usage
