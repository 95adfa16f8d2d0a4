// The kubelet's classic statistics, POST /stats/container/: a map of cAdvisor's ContainerInfo
// (github.com/google/cadvisor/info/v1).
#pragma once

#include <string>

#include "usage/sources/source.h"

namespace kubevitals::usage {

// Rules that are the incumbent's: an alias is the name; "/" is the node; the labels io.kubernetes.* tell
// which container of which pod it is, and names like "k8s_<container>.<hash>_…" where they do not; what
// belongs to no pod is a system container, its name without the slash before it; the last of several
// statistics counts; what a container has is what its spec says it has. Custom metrics are read for the
// containers of pods, which alone can have them. A container without statistics is skipped; of two with one
// name the one that was created later counts.
//
// Not the incumbent's: the container "POD" gives its pod the network, uptime, times, disks and file systems,
// but all other values of the pod are the sums of it and the pod's containers. Rates of such sums are those
// of the containers, see calculate_rates().
Result<NodeBlock> parse_stats_container(const ParseInput& input);

// What to ask for: all containers, their newest statistics between the two times.
std::string stats_container_request(Nanos start, Nanos end);

}  // namespace kubevitals::usage
