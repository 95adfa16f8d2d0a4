// The paths of a kubelet.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/http_server.h"
#include "sim/cluster.h"
#include "sim/kubelet/answers.h"

namespace kubevitals::sim {

// What faults call a path: "summary", "container", "resource", "healthz"; empty for unknown ones.
std::string_view kubelet_verb(std::string_view path);

// What the kubelet of a node answers. Thread-safe.
net::ServerResponse answer_kubelet_request(NodeMeter& meter, const Cluster& cluster, std::uint32_t node,
                                           const net::ServerRequest& request);

}  // namespace kubevitals::sim
