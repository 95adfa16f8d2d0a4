#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

// What one resource of a node is called at each step.
struct Resource {
  Value NodeInfo::*capacity;
  Value NodeInfo::*allocatable;
  Metric used;
  Metric requested;
  Metric capacity_metric;
  Metric allocatable_metric;
  Metric utilization;
  Metric reservation;
};

constexpr Resource kResources[] = {
    {&NodeInfo::cpu_capacity, &NodeInfo::cpu_allocatable, Metric::kCpuUsageRate, Metric::kCpuRequest,
     Metric::kNodeCpuCapacity, Metric::kNodeCpuAllocatable, Metric::kNodeCpuUtilization,
     Metric::kNodeCpuReservation},
    {&NodeInfo::memory_capacity, &NodeInfo::memory_allocatable, Metric::kMemoryUsage, Metric::kMemoryRequest,
     Metric::kNodeMemoryCapacity, Metric::kNodeMemoryAllocatable, Metric::kNodeMemoryUtilization,
     Metric::kNodeMemoryReservation},
    {&NodeInfo::storage_capacity, &NodeInfo::storage_allocatable, Metric::kEphemeralStorageUsage,
     Metric::kEphemeralStorageRequest, Metric::kNodeEphemeralStorageCapacity,
     Metric::kNodeEphemeralStorageAllocatable, Metric::kNodeEphemeralStorageUtilization,
     Metric::kNodeEphemeralStorageReservation},
};

}  // namespace

void enrich_nodes(NodeBlock& block, const BlockContext& /*context*/) {
  if (block.node.rows() == 0) return;
  for (const Resource& resource : kResources) {
    const Value capacity = (*block.info).*resource.capacity;
    const Value allocatable = (*block.info).*resource.allocatable;
    if (capacity == kAbsent || allocatable == kAbsent) continue;
    const auto set = [&block](Metric metric, double value) { block.node.set(metric, 0, from_float(value)); };
    set(resource.capacity_metric, static_cast<double>(capacity));
    set(resource.allocatable_metric, static_cast<double>(allocatable));
    if (allocatable == 0) continue;
    const auto set_share = [&](Metric metric, Value value) {
      set(metric, static_cast<double>(value) / static_cast<double>(allocatable));
    };
    // What is used is not known before the second scrape; what nobody requests is none.
    Value used = block.node.get(resource.used, 0);
    // The classic source does not tell how much storage is used, which the incumbent takes for none.
    if (used == kAbsent && block.classic && resource.used == Metric::kEphemeralStorageUsage) used = 0;
    if (used != kAbsent) set_share(resource.utilization, used);
    const Value requested = block.node.get(resource.requested, 0);
    set_share(resource.reservation, requested == kAbsent ? 0 : requested);
  }
}

}  // namespace kubevitals::usage
