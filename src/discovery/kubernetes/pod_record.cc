// Pods, and what owns them.
#include "discovery/kubernetes/record_makers.h"

namespace kubevitals::discovery::kubernetes {
namespace {

// Pods of one workload have mostly the same labels and annotations: these blocks are shared.
std::vector<LabelBlockPtr> shared_metadata(const kube::ObjectMeta& metadata, BlockCache& cache) {
  std::vector<LabelBlockPtr> blocks;
  LabelBlockBuilder builder;
  if (!metadata.labels.empty()) {
    add_labels(builder, "pod", metadata.labels);
    blocks.push_back(cache.share(builder.build()));
  }
  if (!metadata.annotations.empty()) {
    add_annotations(builder, "pod", metadata.annotations);
    blocks.push_back(cache.share(builder.build()));
  }
  return blocks;
}

std::string ready_of(const kube::Pod& pod) {
  for (const kube::PodCondition& condition : pod.status.conditions) {
    if (condition.type == "Ready") return lower_case(condition.status);
  }
  return "unknown";
}

LabelBlockPtr pod_labels(const kube::Pod& pod, BlockCache& cache) {
  const LabelNames& known = names();
  LabelBlockBuilder builder;
  builder.add(known.pod_ready, ready_of(pod));
  builder.add(known.pod_phase, pod.status.phase);
  if (const kube::OwnerReference* controller = controller_of(pod.metadata)) {
    if (!controller->kind.empty()) builder.add(known.pod_controller_kind, controller->kind);
    if (!controller->name.empty()) builder.add(known.pod_controller_name, controller->name);
  }
  const LabelBlockPtr shared = cache.share(builder.build(shared_metadata(pod.metadata, cache)));
  builder.add(known.pod_name, pod.metadata.name);
  builder.add(known.pod_ip, pod.status.pod_ip);
  builder.add(known.pod_node_name, pod.spec.node_name);
  builder.add(known.pod_host_ip, pod.status.host_ip);
  builder.add(known.pod_uid, pod.metadata.uid);
  return builder.build(std::span(&shared, 1));
}

class PortCollector {
 public:
  PortCollector(BlockCache& cache, std::vector<PodPort>& out) : cache_(cache), out_(out) {}

  void add(const std::vector<kube::Container>& containers, const std::vector<kube::ContainerStatus>& statuses,
           bool init) {
    for (const kube::Container& container : containers) {
      const LabelBlockPtr id = id_of(container, statuses);
      if (container.ports.empty()) add_port(container, nullptr, id, init);
      for (const kube::ContainerPort& port : container.ports) add_port(container, &port, id, init);
      ++next_container_;
    }
  }

 private:
  static LabelBlockPtr id_of(const kube::Container& container,
                             const std::vector<kube::ContainerStatus>& statuses) {
    for (const kube::ContainerStatus& status : statuses) {
      if (status.name != container.name) continue;
      if (status.container_id.empty()) return nullptr;
      LabelBlockBuilder builder;
      builder.add(names().container_id, status.container_id);
      return builder.build();
    }
    return nullptr;
  }

  void add_port(const kube::Container& container, const kube::ContainerPort* port, const LabelBlockPtr& id,
                bool init) {
    const LabelNames& known = names();
    LabelBlockBuilder builder;
    builder.add(known.container_name, container.name);
    builder.add(known.container_image, container.image);
    builder.add(known.container_init, bool_text(init));
    PodPort place;
    if (port != nullptr) {
      builder.add(known.container_port_name, port->name);
      builder.add(known.container_port_number, unsigned_port(port->container_port));
      builder.add(known.container_port_protocol, port->protocol);
      place.number = port->container_port;
      place.has_number = true;
    }
    place.labels = cache_.share(builder.build());
    place.id = id;
    place.container = next_container_;
    out_.push_back(std::move(place));
  }

  BlockCache& cache_;
  std::vector<PodPort>& out_;
  std::uint16_t next_container_ = 0;
};

RecordPtr<OwnedRecord> owned_record(const kube::ObjectMeta& metadata, std::string_view owner_kind) {
  const auto record = new_record<OwnedRecord>(metadata);
  const kube::OwnerReference* controller = controller_of(metadata);
  if (controller != nullptr && controller->kind == owner_kind) record->owner = controller->name;
  return record;
}

}  // namespace

RecordPtr<PodRecord> make_record(const kube::Pod& pod, BlockCache& cache) {
  const auto record = new_record<PodRecord>(pod.metadata);
  record->labels = pod_labels(pod, cache);
  std::vector<PodPort> ports;
  PortCollector collector(cache, ports);
  collector.add(pod.spec.containers, pod.status.container_statuses, false);
  collector.add(pod.spec.init_containers, pod.status.init_container_statuses, true);
  record->ports.assign(ports.begin(), ports.end());  // no larger than it has to be
  return record;
}

RecordPtr<OwnedRecord> make_record(const kube::ReplicaSet& replica_set, BlockCache&) {
  return owned_record(replica_set.metadata, "Deployment");
}

RecordPtr<OwnedRecord> make_record(const kube::Job& job, BlockCache&) {
  return owned_record(job.metadata, "CronJob");
}

}  // namespace kubevitals::discovery::kubernetes
