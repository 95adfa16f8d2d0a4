#include "kube/objects/node.h"

#include "state/resources/common.h"
#include "state/resources/resource_quantities.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::Node;

constexpr QuantityRules kQuantityRules{.rounding = QuantityRounding::kMilli, .pods = true};

void info(const Node& node, const Options&, Emitter& emitter) {
  std::string_view internal_ip;
  for (const kube::NodeAddress& address : node.status.addresses) {
    if (address.type == "InternalIP") internal_ip = address.address;  // the last one
  }
  const kube::NodeSystemInfo& system = node.status.node_info;
  emitter.sample({{"kernel_version", system.kernel_version},
                  {"os_image", system.os_image},
                  {"container_runtime_version", system.container_runtime_version},
                  {"kubelet_version", system.kubelet_version},
                  {"kubeproxy_version", "deprecated"},  // a constant since the field went away
                  {"provider_id", node.spec.provider_id},
                  {"pod_cidr", node.spec.pod_cidr},
                  {"system_uuid", system.system_uuid},
                  {"internal_ip", internal_ip}},
                 1);
}

void roles(const Node& node, const Options&, Emitter& emitter) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  for (const auto& [key, value] : node.metadata.labels) {
    if (key.starts_with(kPrefix)) emitter.sample({{"role", key.substr(kPrefix.size())}}, 1);
  }
}

constexpr Family<Node> kFamilies[] = {
    annotations_family<Node>("kube_node_annotations", Stability::kAlpha),
    created_family<Node>("kube_node_created", Stability::kStable),
    deletion_timestamp_family<Node>("kube_node_deletion_timestamp", Stability::kAlpha),
    stable<Node>("kube_node_info", "The node's software, identity and primary addresses", info),
    labels_family<Node>("kube_node_labels", Stability::kStable),
    alpha<Node>("kube_node_role", "The node's roles, from its labels", roles),
    alpha<Node>("kube_node_spec_pod_cidrs", "The address ranges of the node's pods",
                [](const Node& node, const Options&, Emitter& emitter) {
                  for (const std::string_view cidr : node.spec.pod_cidrs)
                    emitter.sample({{"pod_cidr", cidr}}, 1);
                }),
    stable<Node>(
        "kube_node_spec_taint", "The node's taints, which keep pods away",
        [](const Node& node, const Options&, Emitter& emitter) {
          for (const kube::Taint& taint : node.spec.taints) {
            emitter.sample({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}}, 1);
          }
        }),
    stable<Node>("kube_node_spec_unschedulable", "Whether the node is closed for new pods",
                 [](const Node& node, const Options&, Emitter& emitter) {
                   emitter.sample(number(node.spec.unschedulable));
                 }),
    stable<Node>("kube_node_status_allocatable", "What of the node's resources pods can have",
                 [](const Node& node, const Options&, Emitter& emitter) {
                   emit_resource_list(node.status.allocatable, kQuantityRules, {}, emitter);
                 }),
    stable<Node>("kube_node_status_capacity", "All of the node's resources",
                 [](const Node& node, const Options&, Emitter& emitter) {
                   emit_resource_list(node.status.capacity, kQuantityRules, {}, emitter);
                 }),
    conditions_family<Node>("kube_node_status_condition", Stability::kStable),
    alpha<Node>("kube_node_status_addresses", "The node's addresses",
                [](const Node& node, const Options&, Emitter& emitter) {
                  for (const kube::NodeAddress& address : node.status.addresses) {
                    emitter.sample({{"type", address.type}, {"address", address.address}}, 1);
                  }
                }),
};

void set_base_labels(const Node& node, Emitter& emitter) {
  emitter.set_base_labels({{"node", node.metadata.name}});
}

}  // namespace

const ResourceTable<Node> kNodes{"nodes", kube::kNodes, set_base_labels, kFamilies};

}  // namespace kubevitals::state
