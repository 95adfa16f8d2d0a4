#include "sim/initial_state.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/kind.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kStateSalt = 51;
constexpr std::int32_t kHour = 3600, kDay = 24 * kHour;

using Objects = std::vector<std::vector<Version>>;

// 98 of 100 pods of services are well.
void choose_pod_state(Version& pod, std::uint64_t hash) {
  const std::uint64_t draw = hash % 1000;
  const std::uint64_t restarts = (hash >> 16) % 100;
  pod.restarts = restarts < 85 ? 0 : static_cast<std::uint32_t>(1 + restarts % 5);
  if (draw < 5) {
    pod.state = State::kNotReady;
  } else if (draw < 10) {
    pod.state = State::kCrashLoop;
    pod.restarts = static_cast<std::uint32_t>(5 + restarts * 2);
  } else if (draw < 14) {
    pod.state = State::kImagePull;
    pod.restarts = 0;
  } else if (draw < 16) {
    pod.state = State::kUnschedulable;
    pod.number = kNone;
    pod.restarts = 0;
  } else if (draw < 18) {
    pod.state = State::kStarting;
    pod.restarts = 0;
  }
}

State job_state(std::uint64_t hash) {
  const std::uint64_t draw = hash % 20;
  return draw < 14 ? State::kSucceeded : draw < 17 ? State::kFailed : State::kNormal;
}

// Adds the pods of a workload and returns how many are ready.
std::uint32_t add_pods(Objects& objects, const Layout& layout, std::uint32_t index, std::uint32_t revision,
                       State job) {
  const Workload& workload = layout.workload(index);
  std::uint32_t ready = 0;
  for (std::uint32_t ordinal = 0; ordinal < workload.replicas; ++ordinal) {
    const std::uint64_t hash = hash_of(layout.seed(), kStateSalt, index, ordinal);
    Version pod;
    pod.subject = index;
    pod.ordinal = ordinal;
    pod.revision = revision;
    pod.number = layout.node_of(index, ordinal, 0);
    pod.created =
        std::max(workload_created(layout, index), -kHour - static_cast<std::int32_t>(hash % (20 * kDay)));
    pod.changed = std::min(-60, pod.created + 5 + static_cast<std::int32_t>((hash >> 8) % kDay));
    if (workload.kind == WorkloadKind::kJob) {
      pod.state = job;
    } else {
      choose_pod_state(pod, mix(hash));
    }
    if (pod.state == State::kNormal) ++ready;
    objects[kPod].push_back(std::move(pod));
  }
  return ready;
}

void add_replica_sets(Objects& objects, const Version& deployment, const Workload& workload) {
  for (std::uint32_t revision = 1; revision <= deployment.revision; ++revision) {
    Version set = deployment;
    const std::int32_t age = -deployment.created;
    set.created = deployment.created +
                  static_cast<std::int32_t>(age / static_cast<std::int32_t>(deployment.revision + 1) *
                                            static_cast<std::int32_t>(revision - 1));
    set.revision = revision;
    const bool current = revision == deployment.revision;
    set.number = current ? workload.replicas : 0;
    set.restarts = set.updated = set.number;
    set.ready = current ? deployment.ready : 0;
    objects[kReplicaSet].push_back(std::move(set));
  }
}

void add_network(Objects& objects, const Layout& layout, std::uint32_t index, std::uint32_t revision) {
  Version service;
  service.subject = index;
  service.created = workload_created(layout, index);
  auto stored = std::make_shared<Stored>();
  const std::uint32_t replicas = layout.workload(index).replicas;
  const std::vector<Version>& pods = objects[kPod];
  for (std::uint32_t i = 0; i < replicas; ++i) {
    const Version& pod = pods[pods.size() - replicas + i];
    if (pod.number == kNone || pod.state == State::kStarting) continue;
    stored->endpoints.push_back({pod.ordinal, 0, revision, pod.state == State::kNormal});
  }
  stored->endpoints.shrink_to_fit();
  Version slice = service;
  slice.stored = std::move(stored);
  for (slice.ordinal = 0; slice.ordinal < 2; ++slice.ordinal) objects[kEndpointSlice].push_back(slice);
  objects[kService].push_back(std::move(service));
}

void add_workload(Objects& objects, const Layout& layout, std::uint32_t index) {
  const Workload& workload = layout.workload(index);
  Version controller;
  controller.subject = index;
  controller.created = workload_created(layout, index);
  controller.changed = std::min(-kHour, controller.created + 60);
  controller.revision = workload.old_revisions + 1u;
  controller.number = controller.restarts = controller.updated = workload.replicas;
  const State job = job_state(hash_of(layout.seed(), kStateSalt, index));
  controller.ready = add_pods(objects, layout, index, controller.revision, job);
  switch (workload.kind) {
    case WorkloadKind::kDeployment:
      add_replica_sets(objects, controller, workload);
      add_network(objects, layout, index, controller.revision);
      objects[kDeployment].push_back(std::move(controller));
      break;
    case WorkloadKind::kStatefulSet:
      add_network(objects, layout, index, controller.revision);
      for (std::uint32_t ordinal = 0; ordinal < workload.replicas; ++ordinal) {
        Version claim = controller;
        claim.ordinal = ordinal;
        objects[kClaim].push_back(std::move(claim));
      }
      objects[kStatefulSet].push_back(std::move(controller));
      break;
    case WorkloadKind::kDaemonSet:
      objects[kDaemonSet].push_back(std::move(controller));
      break;
    case WorkloadKind::kJob:
      controller.state = job;
      objects[kJob].push_back(std::move(controller));
      break;
  }
}

}  // namespace

std::vector<std::vector<Version>> initial_state(const Layout& layout) {
  Objects objects(kComputedKinds);
  for (std::uint32_t i = 0; i < layout.namespace_count(); ++i) {
    Version version;
    version.subject = i;
    version.created = -90 * kDay;
    objects[kNamespace].push_back(std::move(version));
  }
  for (std::uint32_t i = 0; i < layout.node_count(); ++i) {
    Version version;
    version.subject = i;
    const std::uint64_t hash = hash_of(layout.seed(), kStateSalt, i, kNode);
    version.created = -88 * kDay + static_cast<std::int32_t>(hash % (30 * kDay));
    version.changed = -static_cast<std::int32_t>(hash % 300);
    if (i >= layout.control_plane_count() && hash % 200 == 0) version.state = State::kNotReady;
    objects[kNode].push_back(std::move(version));
  }
  for (std::uint32_t i = 0; i < layout.workloads().size(); ++i) add_workload(objects, layout, i);
  return objects;
}

}  // namespace kubevitals::sim
