// v1.Pod: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct ResourceRequirements {
  ResourceList limits;
  ResourceList requests;
  friend bool operator==(const ResourceRequirements&, const ResourceRequirements&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "limits", &ResourceRequirements::limits},
                      Field{2, "requests", &ResourceRequirements::requests}};
  }
};

struct ContainerPort {
  std::string_view name;
  std::int32_t container_port = 0;
  std::string_view protocol;
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &ContainerPort::name},
                      Field{3, "containerPort", &ContainerPort::container_port},
                      Field{4, "protocol", &ContainerPort::protocol}};
  }
};

struct Container {
  std::string_view name;
  std::string_view image;
  std::vector<ContainerPort> ports;
  ResourceRequirements resources;
  std::optional<std::string_view> restart_policy;
  friend bool operator==(const Container&, const Container&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &Container::name}, Field{2, "image", &Container::image},
                      Field{6, "ports", &Container::ports}, Field{8, "resources", &Container::resources},
                      Field{24, "restartPolicy", &Container::restart_policy}};
  }
};

struct PersistentVolumeClaimVolumeSource {
  std::string_view claim_name;
  bool read_only = false;
  friend bool operator==(const PersistentVolumeClaimVolumeSource&,
                         const PersistentVolumeClaimVolumeSource&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "claimName", &PersistentVolumeClaimVolumeSource::claim_name},
                      Field{2, "readOnly", &PersistentVolumeClaimVolumeSource::read_only}};
  }
};

// Only whether it is there matters: the claim's name follows from the pod's and the volume's.
struct EphemeralVolumeSource {
  friend bool operator==(const EphemeralVolumeSource&, const EphemeralVolumeSource&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct VolumeSource {
  std::optional<PersistentVolumeClaimVolumeSource> persistent_volume_claim;
  std::optional<EphemeralVolumeSource> ephemeral;
  friend bool operator==(const VolumeSource&, const VolumeSource&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{10, "persistentVolumeClaim", &VolumeSource::persistent_volume_claim},
                      Field{29, "ephemeral", &VolumeSource::ephemeral}};
  }
};

struct Volume {
  std::string_view name;
  VolumeSource source;
  friend bool operator==(const Volume&, const Volume&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &Volume::name},
                      Field{2, "volumeSource", &Volume::source, FieldKind::kInlineInJson}};
  }
};

struct Toleration {
  std::string_view key;
  std::string_view op;
  std::string_view value;
  std::string_view effect;
  std::optional<std::int64_t> toleration_seconds;
  friend bool operator==(const Toleration&, const Toleration&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "key", &Toleration::key}, Field{2, "operator", &Toleration::op},
                      Field{3, "value", &Toleration::value}, Field{4, "effect", &Toleration::effect},
                      Field{5, "tolerationSeconds", &Toleration::toleration_seconds}};
  }
};

struct PodResourceClaim {
  std::string_view name;
  std::optional<std::string_view> resource_claim_name;
  std::optional<std::string_view> resource_claim_template_name;
  friend bool operator==(const PodResourceClaim&, const PodResourceClaim&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &PodResourceClaim::name},
                      Field{3, "resourceClaimName", &PodResourceClaim::resource_claim_name},
                      Field{4, "resourceClaimTemplateName", &PodResourceClaim::resource_claim_template_name}};
  }
};

struct PodSpec {
  std::vector<Volume> volumes;
  std::vector<Container> containers;
  std::string_view restart_policy;
  StringMap node_selector;
  std::string_view service_account_name;
  std::string_view node_name;
  bool host_network = false;
  std::string_view scheduler_name;
  std::vector<Container> init_containers;
  std::vector<Toleration> tolerations;
  std::string_view priority_class_name;
  std::optional<std::string_view> runtime_class_name;
  ResourceList overhead;
  std::vector<PodResourceClaim> resource_claims;
  friend bool operator==(const PodSpec&, const PodSpec&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "volumes", &PodSpec::volumes},
                      Field{2, "containers", &PodSpec::containers},
                      Field{3, "restartPolicy", &PodSpec::restart_policy},
                      Field{7, "nodeSelector", &PodSpec::node_selector},
                      Field{8, "serviceAccountName", &PodSpec::service_account_name},
                      Field{10, "nodeName", &PodSpec::node_name},
                      Field{11, "hostNetwork", &PodSpec::host_network},
                      Field{19, "schedulerName", &PodSpec::scheduler_name},
                      Field{20, "initContainers", &PodSpec::init_containers},
                      Field{22, "tolerations", &PodSpec::tolerations},
                      Field{24, "priorityClassName", &PodSpec::priority_class_name},
                      Field{29, "runtimeClassName", &PodSpec::runtime_class_name},
                      Field{32, "overhead", &PodSpec::overhead},
                      Field{39, "resourceClaims", &PodSpec::resource_claims}};
  }
};

struct ContainerStateWaiting {
  std::string_view reason;
  friend bool operator==(const ContainerStateWaiting&, const ContainerStateWaiting&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "reason", &ContainerStateWaiting::reason}}; }
};

struct ContainerStateRunning {
  Time started_at;
  friend bool operator==(const ContainerStateRunning&, const ContainerStateRunning&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "startedAt", &ContainerStateRunning::started_at}};
  }
};

struct ContainerStateTerminated {
  std::int32_t exit_code = 0;
  std::string_view reason;
  Time started_at;
  Time finished_at;
  friend bool operator==(const ContainerStateTerminated&, const ContainerStateTerminated&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "exitCode", &ContainerStateTerminated::exit_code},
                      Field{3, "reason", &ContainerStateTerminated::reason},
                      Field{5, "startedAt", &ContainerStateTerminated::started_at},
                      Field{6, "finishedAt", &ContainerStateTerminated::finished_at}};
  }
};

struct ContainerState {
  std::optional<ContainerStateWaiting> waiting;
  std::optional<ContainerStateRunning> running;
  std::optional<ContainerStateTerminated> terminated;
  friend bool operator==(const ContainerState&, const ContainerState&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "waiting", &ContainerState::waiting},
                      Field{2, "running", &ContainerState::running},
                      Field{3, "terminated", &ContainerState::terminated}};
  }
};

struct ContainerStatus {
  std::string_view name;
  ContainerState state;
  ContainerState last_state;
  bool ready = false;
  std::int32_t restart_count = 0;
  std::string_view image;
  std::string_view image_id;
  std::string_view container_id;
  friend bool operator==(const ContainerStatus&, const ContainerStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &ContainerStatus::name},
                      Field{2, "state", &ContainerStatus::state},
                      Field{3, "lastState", &ContainerStatus::last_state},
                      Field{4, "ready", &ContainerStatus::ready},
                      Field{5, "restartCount", &ContainerStatus::restart_count},
                      Field{6, "image", &ContainerStatus::image},
                      Field{7, "imageID", &ContainerStatus::image_id},
                      Field{8, "containerID", &ContainerStatus::container_id}};
  }
};

using PodCondition = BasicCondition<2, 4, 5>;

struct PodIP {
  std::string_view ip;
  friend bool operator==(const PodIP&, const PodIP&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "ip", &PodIP::ip}}; }
};

struct PodResourceClaimStatus {
  std::string_view name;
  std::optional<std::string_view> resource_claim_name;
  friend bool operator==(const PodResourceClaimStatus&, const PodResourceClaimStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &PodResourceClaimStatus::name},
                      Field{2, "resourceClaimName", &PodResourceClaimStatus::resource_claim_name}};
  }
};

struct PodStatus {
  std::string_view phase;
  std::vector<PodCondition> conditions;
  std::string_view reason;
  std::string_view host_ip;
  std::string_view pod_ip;
  std::optional<Time> start_time;
  std::vector<ContainerStatus> container_statuses;
  std::string_view qos_class;
  std::vector<ContainerStatus> init_container_statuses;
  std::vector<PodIP> pod_ips;
  std::vector<PodResourceClaimStatus> resource_claim_statuses;
  friend bool operator==(const PodStatus&, const PodStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "phase", &PodStatus::phase},
                      Field{2, "conditions", &PodStatus::conditions},
                      Field{4, "reason", &PodStatus::reason},
                      Field{5, "hostIP", &PodStatus::host_ip},
                      Field{6, "podIP", &PodStatus::pod_ip},
                      Field{7, "startTime", &PodStatus::start_time},
                      Field{8, "containerStatuses", &PodStatus::container_statuses},
                      Field{9, "qosClass", &PodStatus::qos_class},
                      Field{10, "initContainerStatuses", &PodStatus::init_container_statuses},
                      Field{12, "podIPs", &PodStatus::pod_ips},
                      Field{15, "resourceClaimStatuses", &PodStatus::resource_claim_statuses}};
  }
};

struct Pod {
  ObjectMeta metadata;
  PodSpec spec;
  PodStatus status;
  friend bool operator==(const Pod&, const Pod&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Pod::metadata}, Field{2, "spec", &Pod::spec},
                      Field{3, "status", &Pod::status}};
  }
};

}  // namespace kubevitals::kube
