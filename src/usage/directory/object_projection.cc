#include "usage/directory/object_projection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/quantity.h"

namespace kubevitals::usage {
namespace {

void mix(std::size_t& hash, std::size_t value) {
  hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
}
void mix(std::size_t& hash, const std::string& text) {
  mix(hash, std::hash<std::string>{}(text));
}

// The quantity of a resource; kAbsent when it is not listed. What cannot be read counts as zero, as it does
// in the incumbent, whose API server would not have taken it.
Value quantity(const kube::ResourceList& list, std::string_view resource) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.first == resource; });
  if (found == list.end()) return kAbsent;
  const bool cpu = resource == "cpu";
  const Result<double> value = cpu ? quantity_to_milli(found->second) : quantity_to_whole(found->second);
  if (!value) return 0;
  const double scaled = cpu ? std::round(*value * 1000) : *value;
  constexpr double kMost = 9.2e18;
  return static_cast<Value>(std::clamp(scaled, -kMost, kMost));
}

std::int64_t quantity_or_zero(const kube::ResourceList& list, std::string_view resource) {
  const Value value = quantity(list, resource);
  return value == kAbsent ? 0 : value;
}

ContainerInfo project_container(const kube::Container& container) {
  ContainerInfo info;
  info.name = std::make_shared<const ContainerName>(
      ContainerName{std::string(container.name), std::string(container.image)});
  const kube::ResourceList& requests = container.resources.requests;
  const kube::ResourceList& limits = container.resources.limits;
  info.cpu_request = quantity_or_zero(requests, "cpu");
  info.cpu_limit = quantity_or_zero(limits, "cpu");
  info.memory_request = quantity_or_zero(requests, "memory");
  info.memory_limit = quantity_or_zero(limits, "memory");
  info.storage_request = quantity_or_zero(requests, "ephemeral-storage");
  info.storage_limit = quantity_or_zero(limits, "ephemeral-storage");
  for (const auto& [resource, text] : requests) {
    if (resource == "cpu" || resource == "memory" || resource == "ephemeral-storage") continue;
    info.extra.push_back({std::string(resource).append("/request"), quantity(requests, resource)});
  }
  return info;
}

LabelPairs project_labels(const kube::StringMap& labels) {
  LabelPairs pairs;
  for (const auto& [name, value] : labels) pairs.append(name, value);
  pairs.shrink();
  return pairs;
}

// The last one, as in Heapster; empty when there is none.
std::string_view find_hostname(const kube::Node& node) {
  std::string_view hostname;
  for (const kube::NodeAddress& address : node.status.addresses) {
    if (address.type == "Hostname" && !address.address.empty()) hostname = address.address;
  }
  return hostname;
}

// Empty when there is none.
std::string_view find_annotation(const kube::Node& node, std::string_view wanted) {
  for (const auto& [name, value] : node.metadata.annotations) {
    if (name == wanted) return value;
  }
  return {};
}

}  // namespace

std::size_t Projector::HashLabels::operator()(const LabelPairs& labels) const {
  return labels.hash();
}

std::size_t Projector::HashState::operator()(const PodState& state) const {
  std::size_t hash = state.restart_counts.size();
  mix(hash, static_cast<std::size_t>(state.running));
  for (const std::int32_t count : state.restart_counts) mix(hash, static_cast<std::size_t>(count));
  return hash;
}

std::size_t Projector::HashContainers::operator()(const std::vector<ContainerInfo>& containers) const {
  std::size_t hash = containers.size();
  for (const ContainerInfo& container : containers) {
    mix(hash, container.name->name);
    mix(hash, container.name->image);
    mix(hash, static_cast<std::size_t>(container.cpu_request));
    mix(hash, static_cast<std::size_t>(container.memory_request));
  }
  return hash;
}

std::shared_ptr<const PodInfo> Projector::project(const kube::Pod& pod, const PodInfo* before) {
  auto info = std::make_shared<PodInfo>();
  PodName name{std::string(pod.metadata.namespace_), std::string(pod.metadata.name),
               std::string(pod.metadata.uid)};
  if (before != nullptr && *before->name == name) {
    info->name = before->name;
  } else {
    info->name = std::make_shared<const PodName>(std::move(name));
  }
  info->node = texts_.intern(std::string(pod.spec.node_name));
  info->labels = labels_.intern(project_labels(pod.metadata.labels));
  std::vector<ContainerInfo> containers;
  containers.reserve(pod.spec.containers.size());
  PodState state;
  state.running = pod.status.phase == "Running";
  state.restart_counts.reserve(pod.spec.containers.size());
  for (const kube::Container& container : pod.spec.containers) {
    containers.push_back(project_container(container));
    std::int32_t restarts = -1;
    for (const kube::ContainerStatus& status : pod.status.container_statuses) {
      if (status.name == container.name) restarts = std::max(status.restart_count, 0);
    }
    state.restart_counts.push_back(restarts);
  }
  info->containers = containers_.intern(std::move(containers));
  info->state = states_.intern(std::move(state));
  if (pod.status.start_time && !pod.status.start_time->is_zero()) {
    info->start_time = pod.status.start_time->seconds * 1'000'000'000 + pod.status.start_time->nanos;
  }
  return info;
}

std::shared_ptr<const NodeRecord> Projector::project(const kube::Node& node) const {
  auto info = std::make_shared<NodeInfo>();
  info->name = node.metadata.name;
  const std::string_view hostname = find_hostname(node);
  info->hostname = hostname.empty() ? node.metadata.name : hostname;
  info->host_id = node.spec.external_id;
  if (info->host_id.empty()) info->host_id = find_annotation(node, host_id_annotation_);
  info->schedulable = !node.spec.unschedulable;
  info->labels = std::make_shared<const LabelPairs>(project_labels(node.metadata.labels));
  info->cpu_capacity = quantity_or_zero(node.status.capacity, "cpu");
  info->cpu_allocatable = quantity_or_zero(node.status.allocatable, "cpu");
  info->memory_capacity = quantity_or_zero(node.status.capacity, "memory");
  info->memory_allocatable = quantity_or_zero(node.status.allocatable, "memory");
  info->storage_capacity = quantity(node.status.capacity, "ephemeral-storage");
  info->storage_allocatable = quantity(node.status.allocatable, "ephemeral-storage");

  auto record = std::make_shared<NodeRecord>();
  record->info = std::move(info);
  record->resource_metrics_path = find_annotation(node, "metrics.k8s.io/resource-metrics-path");
  for (const kube::NodeAddress& address : node.status.addresses) {
    record->addresses.emplace_back(address.type, address.address);
  }
  record->kubelet_port = node.status.daemon_endpoints.kubelet_endpoint.port;
  for (const kube::NodeCondition& condition : node.status.conditions) {
    if (condition.type == "Ready") record->ready = condition.status == "True";
  }
  return record;
}

}  // namespace kubevitals::usage
