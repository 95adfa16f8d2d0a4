// Which objects are followed: namespaces and nodes.
#pragma once

#include <string>
#include <vector>

#include "kube/feeds.h"
#include "state/resources.h"

namespace kubevitals::state {

struct ScopeOptions {
  std::vector<std::string> namespaces{};           // none: all
  std::vector<std::string> namespaces_denylist{};  // not to be followed
  std::string node{};                              // only the pods of this node
  bool unscheduled_pods = false;                   // only the pods without a node; `node` does not count then
};

// Whether the resource can be followed at all: with `node` or `unscheduled_pods` only pods and what has no
// namespace can. KSM asks for the others with a field selector that the API server refuses.
bool can_follow(const Resource& resource, const ScopeOptions& options);

// The feeds that a resource needs: one, or one for each namespace, with field selectors for the rest. None
// when it cannot be followed. Spaces around names and empty names are dropped.
std::vector<kube::WatchScope> scopes_of(const Resource& resource, const ScopeOptions& options);

}  // namespace kubevitals::state
