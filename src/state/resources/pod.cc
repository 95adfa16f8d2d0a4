#include "kube/objects/pod.h"

#include "state/resources/pod_containers.h"
#include "state/resources/pod_families.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::ContainerState;
using kube::ContainerStatus;
using kube::Pod;
using kube::ResourceRequirements;

constexpr auto kRunning = &ContainerState::running;
constexpr auto kWaiting = &ContainerState::waiting;
constexpr auto kTerminated = &ContainerState::terminated;
constexpr auto kNow = &ContainerStatus::state;
constexpr auto kBefore = &ContainerStatus::last_state;
constexpr auto kLimits = &ResourceRequirements::limits;
constexpr auto kRequests = &ResourceRequirements::requests;

constexpr Family<Pod> counter(std::string_view name, std::string_view help, EmitFunction<Pod> emit) {
  return {{name, MetricType::kCounter, Stability::kStable, help}, emit};
}

constexpr Family<Pod> kFamilies[] = {
    stable<Pod>("kube_pod_completion_time",
                "When the last of the pod's containers ended, in seconds since 1970", pod::completion_time),
    stable<Pod>("kube_pod_container_info", "The container's images and its ID in the runtime",
                container_info<MainContainers>),
    stable<Pod>(
        "kube_pod_container_resource_limits",
        "What the container may use at most; kube_pod_resource_limit of kube-scheduler is more precise",
        container_resources<MainContainers, kLimits>),
    stable<Pod>(
        "kube_pod_container_resource_requests",
        "What is reserved for the container; kube_pod_resource_request of kube-scheduler is more precise",
        container_resources<MainContainers, kRequests>),
    stable<Pod>("kube_pod_container_state_started", "When the container was started, in seconds since 1970",
                container_started<MainContainers>),
    alpha<Pod>("kube_pod_container_status_last_terminated_reason", "Why the container ended the last time",
               container_reason<MainContainers, kBefore, kTerminated>),
    alpha<Pod>("kube_pod_container_status_last_terminated_exitcode",
               "The exit code with which the container ended the last time",
               container_last_exit_code<MainContainers>),
    alpha<Pod>("kube_pod_container_status_last_terminated_timestamp",
               "When the container ended the last time, in seconds since 1970",
               container_last_finished<MainContainers>),
    stable<Pod>("kube_pod_container_status_ready", "Whether the container passes its readiness check",
                container_ready<MainContainers>),
    counter("kube_pod_container_status_restarts_total", "How often the container was restarted",
            container_restarts<MainContainers>),
    stable<Pod>("kube_pod_container_status_running", "Whether the container is running",
                container_in_state<MainContainers, kRunning>),
    stable<Pod>("kube_pod_container_status_terminated", "Whether the container has ended",
                container_in_state<MainContainers, kTerminated>),
    alpha<Pod>("kube_pod_container_status_terminated_reason", "Why the container has ended",
               container_reason<MainContainers, kNow, kTerminated>),
    stable<Pod>("kube_pod_container_status_waiting", "Whether the container is waiting to be started",
                container_in_state<MainContainers, kWaiting>),
    stable<Pod>("kube_pod_container_status_waiting_reason", "What the container is waiting for",
                container_reason<MainContainers, kNow, kWaiting>),
    created_family<Pod>("kube_pod_created", Stability::kStable),
    deletion_timestamp_family<Pod>("kube_pod_deletion_timestamp", Stability::kAlpha),
    stable<Pod>("kube_pod_info", "Where the pod runs, what its addresses are and what controls it",
                pod::info),
    alpha<Pod>("kube_pod_ips", "The pod's IP addresses", pod::ips),
    stable<Pod>("kube_pod_init_container_info", "The init container's images and its ID in the runtime",
                container_info<InitContainers>),
    alpha<Pod>("kube_pod_init_container_resource_limits", "What the init container may use at most",
               container_resources<InitContainers, kLimits>),
    alpha<Pod>("kube_pod_init_container_resource_requests", "What is reserved for the init container",
               container_resources<InitContainers, kRequests>),
    alpha<Pod>("kube_pod_init_container_state_started",
               "When the init container was started, in seconds since 1970",
               container_started<InitContainers>),
    alpha<Pod>("kube_pod_init_container_status_last_terminated_reason",
               "Why the init container ended the last time",
               container_reason<InitContainers, kBefore, kTerminated>),
    alpha<Pod>("kube_pod_init_container_status_last_terminated_exitcode",
               "The exit code with which the init container ended the last time",
               container_last_exit_code<InitContainers>),
    alpha<Pod>("kube_pod_init_container_status_last_terminated_timestamp",
               "When the init container ended the last time, in seconds since 1970",
               container_last_finished<InitContainers>),
    stable<Pod>("kube_pod_init_container_status_ready",
                "Whether the init container passes its readiness check", container_ready<InitContainers>),
    counter("kube_pod_init_container_status_restarts_total", "How often the init container was restarted",
            container_restarts<InitContainers>),
    stable<Pod>("kube_pod_init_container_status_running", "Whether the init container is running",
                container_in_state<InitContainers, kRunning>),
    stable<Pod>("kube_pod_init_container_status_terminated", "Whether the init container has ended",
                container_in_state<InitContainers, kTerminated>),
    alpha<Pod>("kube_pod_init_container_status_terminated_reason", "Why the init container has ended",
               container_reason<InitContainers, kNow, kTerminated>),
    stable<Pod>("kube_pod_init_container_status_waiting",
                "Whether the init container is waiting to be started",
                container_in_state<InitContainers, kWaiting>),
    alpha<Pod>("kube_pod_init_container_status_waiting_reason", "What the init container is waiting for",
               container_reason<InitContainers, kNow, kWaiting>),
    annotations_family<Pod>("kube_pod_annotations", Stability::kAlpha),
    labels_family<Pod>("kube_pod_labels", Stability::kStable),
    alpha<Pod>("kube_pod_overhead_cpu_cores", "The CPU that running the pod takes besides its containers",
               pod::overhead_cpu),
    alpha<Pod>("kube_pod_overhead_memory_bytes",
               "The memory that running the pod takes besides its containers", pod::overhead_memory),
    owner_family<Pod>("kube_pod_owner", Stability::kStable),
    alpha<Pod>("kube_pod_resourceclaim_info",
               "The resource claims that the pod uses: its own name for each and that of the claim",
               pod::resource_claims),
    stable<Pod>("kube_pod_restart_policy", "When the pod's containers are restarted",
                [](const Pod& pod, const Options&, Emitter& emitter) {
                  emitter.sample({{"type", pod.spec.restart_policy}}, 1);
                }),
    alpha<Pod>("kube_pod_runtimeclass_name_info", "The runtime class that the pod asks for",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 const auto& name = pod.spec.runtime_class_name;
                 if (name) emitter.sample({{"runtimeclass_name", *name}}, 1);
               }),
    stable<Pod>("kube_pod_spec_volumes_persistentvolumeclaims_info",
                "The persistent volume claims behind the pod's volumes", pod::persistent_volume_claims),
    stable<Pod>("kube_pod_spec_volumes_persistentvolumeclaims_readonly",
                "Whether the claim is mounted read-only, which that of an ephemeral volume never is",
                pod::read_only_claims),
    stable<Pod>("kube_pod_start_time", "When the kubelet took note of the pod, in seconds since 1970",
                [](const Pod& pod, const Options&, Emitter& emitter) {
                  if (pod.status.start_time) emitter.sample(number(*pod.status.start_time));
                }),
    stable<Pod>("kube_pod_status_phase", "The pod's phase: 1 on the current one", pod::phase),
    alpha<Pod>("kube_pod_status_qos_class", "The pod's quality of service: 1 on its class", pod::qos_class),
    stable<Pod>(
        "kube_pod_status_ready", "Whether the pod is ready to serve",
        [](const Pod& pod, const Options&, Emitter& emitter) { pod::emit_condition(pod, "Ready", emitter); }),
    alpha<Pod>("kube_pod_status_ready_time", "When the pod became ready, in seconds since 1970",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 pod::emit_condition_time(pod, "Ready", "True", emitter);
               }),
    alpha<Pod>("kube_pod_status_initialized_time",
               "When the pod's init containers had done their work, in seconds since 1970",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 pod::emit_condition_time(pod, "Initialized", "True", emitter);
               }),
    alpha<Pod>("kube_pod_status_container_ready_time",
               "When all of the pod's containers had become ready, in seconds since 1970",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 pod::emit_condition_time(pod, "ContainersReady", "True", emitter);
               }),
    alpha<Pod>("kube_pod_status_reason", "Why the pod is in the state in which it is", pod::reasons),
    alpha<Pod>("kube_pod_status_disruption_reason", "Why the pod is about to be disrupted",
               pod::disruption_reasons),
    stable<Pod>("kube_pod_status_scheduled", "Whether the pod has been given a node",
                [](const Pod& pod, const Options&, Emitter& emitter) {
                  pod::emit_condition(pod, "PodScheduled", emitter);
                }),
    stable<Pod>("kube_pod_status_scheduled_time", "When the pod was given a node, in seconds since 1970",
                [](const Pod& pod, const Options&, Emitter& emitter) {
                  pod::emit_condition_time(pod, "PodScheduled", "True", emitter);
                }),
    stable<Pod>("kube_pod_status_unschedulable", "1 while there is no node for the pod",
                [](const Pod& pod, const Options&, Emitter& emitter) {
                  for (const kube::PodCondition& condition : pod.status.conditions) {
                    if (condition.type == "PodScheduled" && condition.status == "False") emitter.sample(1);
                  }
                }),
    alpha<Pod>("kube_pod_status_unscheduled_time",
               "Since when there has been no node for the pod, in seconds since 1970",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 pod::emit_condition_time(pod, "PodScheduled", "False", emitter);
               }),
    alpha<Pod>("kube_pod_tolerations", "The taints that the pod tolerates", pod::tolerations),
    {{.name = "kube_pod_nodeselectors",
      .type = MetricType::kGauge,
      .stability = Stability::kAlpha,
      .help = "The labels that a node must have for the pod",
      .opt_in = true},
     [](const Pod& pod, const Options&, Emitter& emitter) {
       emit_all_entries(pod.spec.node_selector, "nodeselector", emitter);
     }},
    alpha<Pod>("kube_pod_service_account", "The service account as which the pod runs",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 emitter.sample({{"service_account", pod.spec.service_account_name}}, 1);
               }),
    alpha<Pod>("kube_pod_scheduler", "The scheduler that chooses the pod's node",
               [](const Pod& pod, const Options&, Emitter& emitter) {
                 emitter.sample({{"name", pod.spec.scheduler_name}}, 1);
               }),
};

void set_base_labels(const Pod& pod, Emitter& emitter) {
  const kube::ObjectMeta& metadata = pod.metadata;
  emitter.set_base_labels(
      {{"namespace", metadata.namespace_}, {"pod", metadata.name}, {"uid", metadata.uid}});
}

}  // namespace

const ResourceTable<Pod> kPods{"pods", kube::kPods, set_base_labels, kFamilies};

}  // namespace kubevitals::state
