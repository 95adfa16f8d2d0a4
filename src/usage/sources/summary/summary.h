// The kubelet's Summary API: k8s.io/kubelet/pkg/apis/stats/v1alpha1.
#pragma once

#include "usage/sources/source.h"

namespace kubevitals::usage {

// Rules that are the incumbent's: a set's data is as old as its CPU's, else its memory's, else its network's
// time, a pod's as its network's alone; `runtime` and `misc` are called docker-daemon and system; of two
// containers of one name the one that started later counts, and so it is with two pods of one name, one of
// which ends while the other begins. Unknown members are skipped.
Result<NodeBlock> parse_summary(const ParseInput& input);

}  // namespace kubevitals::usage
