// The pod families about containers. Each exists twice, for containers and for init containers.
#pragma once

#include <vector>

#include "kube/objects/pod.h"
#include "state/resources/common.h"
#include "state/resources/resource_quantities.h"

namespace kubevitals::state {

// Which of the two. Both have the same members.
struct MainContainers {
  static const std::vector<kube::Container>& specs(const kube::Pod& pod) { return pod.spec.containers; }
  static const std::vector<kube::ContainerStatus>& statuses(const kube::Pod& pod) {
    return pod.status.container_statuses;
  }
};
struct InitContainers {
  static const std::vector<kube::Container>& specs(const kube::Pod& pod) { return pod.spec.init_containers; }
  static const std::vector<kube::ContainerStatus>& statuses(const kube::Pod& pod) {
    return pod.status.init_container_statuses;
  }
};

// Needs both a spec and a status of the same name.
template <typename Containers>
void container_info(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::Container& spec : Containers::specs(pod)) {
    for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
      if (status.name != spec.name) continue;
      const Label labels[] = {{"container", status.name},
                              {"image_spec", spec.image},
                              {"image", status.image},
                              {"image_id", status.image_id},
                              {"container_id", status.container_id},
                              {"restart_policy", spec.restart_policy.value_or("")}};
      // Only init containers can have a policy of their own.
      const std::size_t count = std::is_same_v<Containers, InitContainers> ? 6 : 5;
      emitter.sample(std::span(labels, count), 1);
    }
  }
}

template <typename Containers, kube::ResourceList kube::ResourceRequirements::*kList>
void container_resources(const kube::Pod& pod, const Options&, Emitter& emitter) {
  constexpr QuantityRules kRules{.rounding = QuantityRounding::kWhole};
  for (const kube::Container& container : Containers::specs(pod)) {
    emit_resource_list(container.resources.*kList, kRules,
                       {{"container", container.name}, {"node", pod.spec.node_name}}, emitter);
  }
}

template <typename Containers>
void container_started(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    if (status.state.running) {
      emitter.sample({{"container", status.name}}, number(status.state.running->started_at));
    } else if (status.state.terminated) {
      emitter.sample({{"container", status.name}}, number(status.state.terminated->started_at));
    }
  }
}

// A sample for each status: whether the current state is the one that `kState` points to.
template <typename Containers, auto kState>
void container_in_state(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    emitter.sample({{"container", status.name}}, number((status.state.*kState).has_value()));
  }
}

// A sample with the reason as it is for each status in this state: `kWhen` chooses the current or the last
// one.
template <typename Containers, kube::ContainerState kube::ContainerStatus::*kWhen, auto kState>
void container_reason(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    const auto& state = status.*kWhen.*kState;
    if (state) emitter.sample({{"container", status.name}, {"reason", state->reason}}, 1);
  }
}

template <typename Containers>
void container_last_exit_code(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    const auto& last = status.last_state.terminated;
    if (last) emitter.sample({{"container", status.name}}, last->exit_code);
  }
}

template <typename Containers>
void container_last_finished(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    const auto& last = status.last_state.terminated;
    if (last) emitter.sample({{"container", status.name}}, number(last->finished_at));
  }
}

template <typename Containers>
void container_ready(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    emitter.sample({{"container", status.name}}, number(status.ready));
  }
}

template <typename Containers>
void container_restarts(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::ContainerStatus& status : Containers::statuses(pod)) {
    emitter.sample({{"container", status.name}}, status.restart_count);
  }
}

}  // namespace kubevitals::state
