// What a kubeconfig says of one cluster and of one user.
#pragma once

#include <filesystem>
#include <string>

#include "kube/config.h"
#include "kube/kubeconfig_fields.h"

namespace kubevitals::kube {

struct EntrySource {
  std::string name;                 // of the cluster or user, for messages
  std::filesystem::path directory;  // relative paths start here
};

// Without `needs_server` a cluster may be without one: the address comes from elsewhere.
void read_cluster(const Fields& cluster, const EntrySource& source, bool needs_server,
                  ApiServerConfig& config);

void read_user(const Fields& user, const EntrySource& source, ApiServerConfig& config);

// The JSON of the cluster's extension client.authentication.k8s.io/exec, which is handed to exec plugins;
// empty when there is none.
std::string read_plugin_config(const Fields& cluster);

}  // namespace kubevitals::kube
