// What discovery keeps of the cluster's objects. The objects themselves are gone once a record is made.
//
// Records are immutable and shared by all discoverers that follow the same scope; references are counted and
// may be held on any thread.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/kubernetes/labels.h"
#include "discovery/label_block.h"
#include "kube/objects/endpoints.h"
#include "kube/objects/endpointslice.h"
#include "kube/objects/ingress.h"
#include "kube/objects/job.h"
#include "kube/objects/namespace.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/replicaset.h"
#include "kube/objects/service.h"

namespace kubevitals::discovery::kubernetes {

// "namespace/name"; "name" for what is in no namespace.
std::string key_of(std::string_view ns, std::string_view name);

// What all records have: who the object is.
template <typename Derived>
struct Record : boost::intrusive_ref_counter<Derived, boost::thread_safe_counter> {
  std::string key;  // as key_of()
  std::uint32_t namespace_size = 0;

  std::string_view ns() const { return std::string_view(key).substr(0, namespace_size); }
  std::string_view name() const {
    return std::string_view(key).substr(namespace_size == 0 ? 0 : namespace_size + 1);
  }
};

template <typename R>
using RecordPtr = boost::intrusive_ptr<const R>;

// A port of a container, or a container that has none.
struct PodPort {
  LabelBlockPtr labels;         // of container and port
  LabelBlockPtr id;             // the container's; may be null
  std::int32_t number = 0;      // when there is one
  std::uint16_t container = 0;  // counted over containers and then init containers
  bool has_number = false;
};

struct PodRecord final : Record<PodRecord> {
  LabelBlockPtr labels;        // pod_*, but for those of what owns its controller
  std::vector<PodPort> ports;  // of containers, then of init containers

  std::string_view ip() const { return value_of(labels, names().pod_ip); }
  std::string_view node() const { return value_of(labels, names().pod_node_name); }
  std::string_view phase() const { return value_of(labels, names().pod_phase); }
  // The key of the controller when it is of this kind; empty otherwise.
  std::string controller_key(std::string_view kind) const;
  bool equals(const PodRecord& other) const;
};

struct ServiceRecord final : Record<ServiceRecord> {
  LabelBlockPtr labels;                // service_name, _label_*, _annotation_*
  std::vector<LabelBlockPtr> targets;  // of role service
  // "IPv4" or "IPv6" when the service has or would have both: slices of the other family repeat its targets.
  std::optional<std::string> primary_family;
  bool equals(const ServiceRecord& other) const;
};

// Where an endpoint's address leads to.
enum class TargetKind : std::uint8_t { kNone, kPod, kNode, kOther };

struct EndpointAddress {
  LabelBlockPtr labels;  // endpoint_* or endpointslice_*, but for those of the port
  std::string ip;        // may be a name
  // Of the pod, when it is not the object's own.
  std::unique_ptr<const std::string> foreign_namespace;
  TargetKind kind = TargetKind::kNone;
  bool ready = true;  // of Endpoints; what is not is not in the incumbent's indexes
  bool has_node_name = false;
};

struct EndpointPort {
  LabelBlockPtr labels;
  std::optional<std::int32_t> number;  // always there for Endpoints
};

// Every address is joined with every port.
struct EndpointSubset {
  std::vector<EndpointAddress> addresses;
  std::vector<EndpointPort> ports;
};

// Endpoints or an EndpointSlice, which has one subset.
struct EndpointsRecord final : Record<EndpointsRecord> {
  LabelBlockPtr labels;
  std::vector<EndpointSubset> subsets;
  std::string service_key;   // whose labels are attached; empty for none
  std::string address_type;  // of a slice
  bool is_slice = false;

  // The pod or node that an address leads to.
  std::string_view target_name(const EndpointAddress& address) const;
  std::string pod_key(const EndpointAddress& address) const;
  bool equals(const EndpointsRecord& other) const;
};

struct IngressRecord final : Record<IngressRecord> {
  LabelBlockPtr labels;
  std::vector<LabelBlockPtr> targets;
  bool equals(const IngressRecord& other) const;
};

struct NodeRecord final : Record<NodeRecord> {
  LabelBlockPtr labels;  // node_name, _label_*, _annotation_*: what is attached to pods and endpoints
  LabelBlockPtr state;   // node_provider_id, node_condition_*
  LabelBlockPtr target;  // of role node; null without an address
  bool equals(const NodeRecord& other) const;
};

struct NamespaceRecord final : Record<NamespaceRecord> {
  LabelBlockPtr labels;
  bool equals(const NamespaceRecord& other) const;
};

// A ReplicaSet or a Job.
struct OwnedRecord final : Record<OwnedRecord> {
  std::string owner;  // the name of the Deployment or the CronJob that controls it; empty for none
  bool equals(const OwnedRecord& other) const;
};

// Makes the record of an object, which may be anything.
RecordPtr<PodRecord> make_record(const kube::Pod& pod, BlockCache& cache);
RecordPtr<ServiceRecord> make_record(const kube::Service& service, BlockCache& cache);
RecordPtr<EndpointsRecord> make_record(const kube::Endpoints& endpoints, BlockCache& cache);
RecordPtr<EndpointsRecord> make_record(const kube::EndpointSlice& slice, BlockCache& cache);
RecordPtr<IngressRecord> make_record(const kube::Ingress& ingress, BlockCache& cache);
RecordPtr<NodeRecord> make_record(const kube::Node& node, BlockCache& cache);
RecordPtr<NamespaceRecord> make_record(const kube::Namespace& ns, BlockCache& cache);
RecordPtr<OwnedRecord> make_record(const kube::ReplicaSet& replica_set, BlockCache& cache);
RecordPtr<OwnedRecord> make_record(const kube::Job& job, BlockCache& cache);

}  // namespace kubevitals::discovery::kubernetes
