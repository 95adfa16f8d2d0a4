// From records to target groups, one function for each role.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "discovery/kubernetes/records.h"
#include "discovery/kubernetes/table.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::kubernetes {

// What is attached besides what the role itself needs. As in the configuration.
struct AttachOptions {
  bool node = false;
  bool namespace_ = false;
  bool deployment = false;
  bool job = false;
  bool cronjob = false;
  friend bool operator==(const AttachOptions&, const AttachOptions&) = default;
};

// The objects around an object; null where they are not followed.
struct Neighbours {
  const Table<PodRecord>* pods = nullptr;
  const Table<ServiceRecord>* services = nullptr;
  const Table<NodeRecord>* nodes = nullptr;  // to be attached
  const Table<NamespaceRecord>* namespaces = nullptr;
  const Table<OwnedRecord>* replica_sets = nullptr;
  const Table<OwnedRecord>* jobs = nullptr;
  AttachOptions attach;
};

// The group of an object and the targets that it comes to now, perhaps none. Pure. build_node() gives null
// for a node without an address: the incumbent says nothing about it then, so that what was there stays.
TargetGroupPtr build_pod(const PodRecord& pod, const Neighbours& around);
TargetGroupPtr build_service(const ServiceRecord& service, const Neighbours& around);
TargetGroupPtr build_endpoints(const EndpointsRecord& endpoints, const Neighbours& around);
TargetGroupPtr build_slice(const EndpointsRecord& slice, const Neighbours& around);
TargetGroupPtr build_ingress(const IngressRecord& ingress, const Neighbours& around);
TargetGroupPtr build_node(const NodeRecord& node, const Neighbours& around);

// What the builders share.

// Labels of one's own and the blocks of others, to be made into one block.
struct LabelParts {
  LabelBlockBuilder own;
  std::vector<LabelBlockPtr> parents;

  void attach(const LabelBlockPtr& block) {
    if (block) parents.push_back(block);
  }
  LabelBlockPtr build() {
    LabelBlockPtr block = own.build(parents);
    parents.clear();
    return block;
  }
};

// pod_*, and the names of the deployment, job and cronjob as far as they are to be attached.
void attach_pod(const PodRecord& pod, const Neighbours& around, LabelParts& parts);
void attach_node(std::string_view name, const Neighbours& around, LabelParts& parts);
void attach_namespace(std::string_view name, const Neighbours& around, LabelParts& parts);

// The node whose labels an endpoint gets; empty for none. Endpoints go by the node's name first, slices by a
// reference to a node.
std::string_view attached_node(const EndpointsRecord& endpoints, const EndpointAddress& address);

}  // namespace kubevitals::discovery::kubernetes
