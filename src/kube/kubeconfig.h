// The files that tell kubectl about clusters, users and contexts.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kube/config.h"

namespace kubevitals::kube {

struct KubeconfigFile {
  std::string path;  // for messages; relative paths in the text start from its directory
  std::string text;
};

struct KubeconfigChoice {
  std::string context;  // instead of the current one
  // Replaces the cluster's server, and with it the name that the server's certificate is checked for. The
  // files need not name a cluster then.
  std::string server;
};

// The connection that the files describe, without looking at other files. Of several files the first to have
// a context, a cluster, a user or a current-context counts, whole. Unknown keys are left alone. As kubectl
// does, certificates and credentials are dropped when the server is reached by plain HTTP.
//
// Fails with kInvalid and "cannot load kubeconfig <path>: line 3: <cause>", in one line without secrets.
// Source of the rules: k8s.io/client-go/tools/clientcmd.
Result<ApiServerConfig> read_kubeconfig(const std::vector<KubeconfigFile>& files,
                                        const KubeconfigChoice& choice);

}  // namespace kubevitals::kube
