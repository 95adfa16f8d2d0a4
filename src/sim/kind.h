// The kinds that the simulated cluster computes and controls.
#pragma once

namespace kubevitals::sim {

// The first resources of the catalog, in this order; further ones are only stored.
enum Kind : unsigned {
  kNamespace,
  kNode,
  kPod,
  kDeployment,
  kReplicaSet,
  kStatefulSet,
  kDaemonSet,
  kJob,
  kService,
  kEndpointSlice,
  kClaim,
  kComputedKinds,
};

}  // namespace kubevitals::sim
