// The tables of all resources, one file each.
#pragma once

#include "kube/objects/deployment.h"
#include "kube/objects/namespace.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/replicaset.h"
#include "kube/objects/service.h"
#include "state/resource_table.h"

namespace kubevitals::state {

extern const ResourceTable<kube::Deployment> kDeployments;
extern const ResourceTable<kube::Namespace> kNamespaces;
extern const ResourceTable<kube::Node> kNodes;
extern const ResourceTable<kube::Pod> kPods;
extern const ResourceTable<kube::ReplicaSet> kReplicaSets;
extern const ResourceTable<kube::Service> kServices;

}  // namespace kubevitals::state
