// Discovery in one namespace, or in all of them at once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/discoverer.h"
#include "discovery/kubernetes/clusters.h"
#include "discovery/kubernetes/groups.h"
#include "discovery/kubernetes/projection.h"
#include "discovery/kubernetes/roles.h"
#include "discovery/kubernetes/view.h"
#include "discovery/target_group.h"
#include "exposition/metric_registry.h"
#include "kube/resource_type.h"

namespace kubevitals::discovery::kubernetes {

struct ResourceSelector {
  std::string label;
  std::string field;
};

// What a unit is made from. The references outlive it.
struct UnitSettings {
  Role role;
  AttachOptions attach;
  std::string ns;  // empty: all
  std::map<Role, ResourceSelector> selectors;
  Cluster& cluster;
  Waker& waker;
  exposition::MetricRegistry& metrics;
};

// Follows what a role needs and says which groups have changed. A group is built anew when its object
// changes, and when something changes that its targets have labels of, as far as the incumbent does that:
//   - a node, when nodes are attached; a namespace that was there before, when namespaces are;
//   - role pod: the ReplicaSet or Job that controls the pod;
//   - endpoints and slices: their service; endpoints: a pod's phase. Nothing else of pods.
// Nothing is said before everything that is needed was listed once. Lives on the discoverer's strand.
class Unit {
 public:
  virtual ~Unit() = default;

  // Takes over what has changed. Adds to `out` the groups that are different now, those without targets
  // only when there were targets before.
  virtual void take(std::vector<TargetGroupPtr>& out) = 0;

  // Whether everything that is needed was listed.
  bool ready() const { return ready_; }
  // A resource that is needed could not be listed so far, and why; there may be some that were.
  virtual std::vector<ScopeReport> reports() const = 0;

  // Why there is no such target, as far as this unit can tell.
  virtual void explain(const AbsenceQuery& query, std::vector<std::string>& out) const = 0;

 protected:
  bool ready_ = false;
};

// The views that all roles use in the same way.
struct Surroundings {
  View<PodRecord> pods;  // of endpoints and slices
  View<ServiceRecord> services;
  View<NodeRecord> nodes;
  View<NamespaceRecord> namespaces;
  View<OwnedRecord> replica_sets;
  View<OwnedRecord> jobs;
};

// The scope of a resource in the unit's namespace, with the selector of that role if there is one.
kube::WatchScope scope_of(const UnitSettings& settings, const kube::ResourceType& resource,
                          std::optional<Role> selector = std::nullopt);

// "resource endpoints in namespace a", for messages.
std::string describe(const kube::WatchScope& scope);

}  // namespace kubevitals::discovery::kubernetes
