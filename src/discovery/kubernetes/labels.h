// The labels of this mechanism: their names, and blocks of them.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/host_port.h"
#include "discovery/label_block.h"
#include "kube/objects/meta.h"

namespace kubevitals::discovery::kubernetes {

// The names that are known beforehand; those of an object's labels and annotations come besides.
struct LabelNames {
  LabelName namespace_{"__meta_kubernetes_namespace"};

  LabelName pod_name{"__meta_kubernetes_pod_name"};
  LabelName pod_ip{"__meta_kubernetes_pod_ip"};
  LabelName pod_ready{"__meta_kubernetes_pod_ready"};
  LabelName pod_phase{"__meta_kubernetes_pod_phase"};
  LabelName pod_node_name{"__meta_kubernetes_pod_node_name"};
  LabelName pod_host_ip{"__meta_kubernetes_pod_host_ip"};
  LabelName pod_uid{"__meta_kubernetes_pod_uid"};
  LabelName pod_controller_kind{"__meta_kubernetes_pod_controller_kind"};
  LabelName pod_controller_name{"__meta_kubernetes_pod_controller_name"};
  LabelName pod_deployment_name{"__meta_kubernetes_pod_deployment_name"};
  LabelName pod_job_name{"__meta_kubernetes_pod_job_name"};
  LabelName pod_cronjob_name{"__meta_kubernetes_pod_cronjob_name"};
  LabelName container_name{"__meta_kubernetes_pod_container_name"};
  LabelName container_id{"__meta_kubernetes_pod_container_id"};
  LabelName container_image{"__meta_kubernetes_pod_container_image"};
  LabelName container_init{"__meta_kubernetes_pod_container_init"};
  LabelName container_port_name{"__meta_kubernetes_pod_container_port_name"};
  LabelName container_port_number{"__meta_kubernetes_pod_container_port_number"};
  LabelName container_port_protocol{"__meta_kubernetes_pod_container_port_protocol"};

  LabelName service_name{"__meta_kubernetes_service_name"};
  LabelName service_type{"__meta_kubernetes_service_type"};
  LabelName service_cluster_ip{"__meta_kubernetes_service_cluster_ip"};
  LabelName service_external_name{"__meta_kubernetes_service_external_name"};
  LabelName service_loadbalancer_ip{"__meta_kubernetes_service_loadbalancer_ip"};
  LabelName service_port_name{"__meta_kubernetes_service_port_name"};
  LabelName service_port_number{"__meta_kubernetes_service_port_number"};
  LabelName service_port_protocol{"__meta_kubernetes_service_port_protocol"};

  LabelName endpoints_name{"__meta_kubernetes_endpoints_name"};
  LabelName endpoint_node_name{"__meta_kubernetes_endpoint_node_name"};
  LabelName endpoint_hostname{"__meta_kubernetes_endpoint_hostname"};
  LabelName endpoint_ready{"__meta_kubernetes_endpoint_ready"};
  LabelName endpoint_port_name{"__meta_kubernetes_endpoint_port_name"};
  LabelName endpoint_port_protocol{"__meta_kubernetes_endpoint_port_protocol"};
  LabelName endpoint_target_kind{"__meta_kubernetes_endpoint_address_target_kind"};
  LabelName endpoint_target_name{"__meta_kubernetes_endpoint_address_target_name"};

  LabelName slice_name{"__meta_kubernetes_endpointslice_name"};
  LabelName slice_address_type{"__meta_kubernetes_endpointslice_address_type"};
  LabelName slice_port{"__meta_kubernetes_endpointslice_port"};
  LabelName slice_port_name{"__meta_kubernetes_endpointslice_port_name"};
  LabelName slice_port_protocol{"__meta_kubernetes_endpointslice_port_protocol"};
  LabelName slice_port_app_protocol{"__meta_kubernetes_endpointslice_port_app_protocol"};
  LabelName slice_ready{"__meta_kubernetes_endpointslice_endpoint_conditions_ready"};
  LabelName slice_serving{"__meta_kubernetes_endpointslice_endpoint_conditions_serving"};
  LabelName slice_terminating{"__meta_kubernetes_endpointslice_endpoint_conditions_terminating"};
  LabelName slice_hostname{"__meta_kubernetes_endpointslice_endpoint_hostname"};
  LabelName slice_node_name{"__meta_kubernetes_endpointslice_endpoint_node_name"};
  LabelName slice_zone{"__meta_kubernetes_endpointslice_endpoint_zone"};
  LabelName slice_target_kind{"__meta_kubernetes_endpointslice_address_target_kind"};
  LabelName slice_target_name{"__meta_kubernetes_endpointslice_address_target_name"};

  LabelName ingress_name{"__meta_kubernetes_ingress_name"};
  LabelName ingress_class_name{"__meta_kubernetes_ingress_class_name"};
  LabelName ingress_host{"__meta_kubernetes_ingress_host"};
  LabelName ingress_path{"__meta_kubernetes_ingress_path"};
  LabelName ingress_scheme{"__meta_kubernetes_ingress_scheme"};

  LabelName node_name{"__meta_kubernetes_node_name"};
  LabelName node_provider_id{"__meta_kubernetes_node_provider_id"};
};

const LabelNames& names();

// The label's value; empty when there is none.
std::string_view value_of(const LabelBlockPtr& block, LabelName name);

// "__meta_kubernetes_<role>_label_<name>", "..._labelpresent_<name>", and the same for annotations. Of names
// that become equal when they are sanitised, the last one's value counts.
void add_labels(LabelBlockBuilder& builder, std::string_view role, const kube::StringMap& labels);
void add_annotations(LabelBlockBuilder& builder, std::string_view role, const kube::StringMap& annotations);
// Both, with "__meta_kubernetes_<role>_name".
void add_metadata(LabelBlockBuilder& builder, std::string_view role, const kube::ObjectMeta& metadata);

// A port number as Go writes uint64(port).
std::string unsigned_port(std::int32_t port);

// Gives blocks that come again and again, those of the pods of one workload for example, the same memory. It
// remembers a fixed number of blocks, the latest ones. Not thread-safe.
class BlockCache {
 public:
  // This block, or an earlier one that equals it.
  LabelBlockPtr share(LabelBlockPtr block);

 private:
  std::array<LabelBlockPtr, 2048> blocks_;  // by hash
};

}  // namespace kubevitals::discovery::kubernetes
