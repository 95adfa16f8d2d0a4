// Whether the metrics are complete.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kube/feeds.h"

namespace kubevitals::state {

struct Readiness {
  bool ready = false;
  std::string explanation;  // of what is missing, in lines; also of what is given up on
};

// Ready once every feed in `scopes` has brought its first list. A feed that the API server refuses (403: no
// right to list it, 404: it has no such resource) is not waited for, so that a deployment with narrow rights
// becomes ready as it does with KSM, which is ready at once.
Readiness readiness_of(std::span<const kube::WatchScope> scopes, const std::vector<kube::FeedStats>& feeds);

// "pods", "pods in namespace x".
std::string name_of(const kube::WatchScope& scope);

}  // namespace kubevitals::state
