#include "usage/model/batch.h"

#include <algorithm>

namespace kubevitals::usage {

std::string_view to_string(SetType type) {
  switch (type) {
    case SetType::kCluster:
      return "cluster";
    case SetType::kNamespace:
      return "ns";
    case SetType::kNode:
      return "node";
    case SetType::kSystemContainer:
      return "sys_container";
    case SetType::kPod:
      return "pod";
    case SetType::kPodContainer:
      return "pod_container";
  }
  return "";
}

bool ContainerInfo::operator==(const ContainerInfo& other) const {
  return (name == other.name || *name == *other.name) && cpu_request == other.cpu_request &&
         cpu_limit == other.cpu_limit && memory_request == other.memory_request &&
         memory_limit == other.memory_limit && storage_request == other.storage_request &&
         storage_limit == other.storage_limit && extra == other.extra;
}

void NodeBlock::shrink() {
  for (Table* table : {&node, &system, &pods, &containers}) table->shrink();
  system_names.shrink_to_fit();
  pod_rows.shrink_to_fit();
  container_rows.shrink_to_fit();
}

const NodeBlock* Batch::find(std::string_view node) const {
  const auto found =
      std::lower_bound(nodes.begin(), nodes.end(), node,
                       [](const auto& block, std::string_view name) { return block->info->name < name; });
  return found != nodes.end() && (*found)->info->name == node ? found->get() : nullptr;
}

}  // namespace kubevitals::usage
