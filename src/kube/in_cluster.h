// The connection of a program that runs in a pod.
#pragma once

#include "base/result.h"
#include "kube/config.h"

namespace kubevitals::kube {

// Whether the environment has the API server's address, as in a pod.
bool in_pod(const Surroundings& surroundings);

// The API server's address from KUBERNETES_SERVICE_HOST and _PORT, and the pod's service account: its token,
// which the kubelet rotates, and its CA. kInvalid, in one line, when one of them is missing.
Result<ApiServerConfig> in_cluster_config(const Surroundings& surroundings);

}  // namespace kubevitals::kube
