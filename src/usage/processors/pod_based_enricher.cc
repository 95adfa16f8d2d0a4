#include <algorithm>
#include <string>
#include <vector>

#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

void put_resources(NodeBlock& block, std::uint32_t row, const ContainerInfo& info, Pool<std::string>& names,
                   std::vector<ExtraValue>& extra) {
  Table& table = block.containers;
  table.set(Metric::kCpuRequest, row, info.cpu_request);
  table.set(Metric::kCpuLimit, row, info.cpu_limit);
  table.set(Metric::kMemoryRequest, row, info.memory_request);
  table.set(Metric::kMemoryLimit, row, info.memory_limit);
  table.set(Metric::kEphemeralStorageRequest, row, info.storage_request);
  table.set(Metric::kEphemeralStorageLimit, row, info.storage_limit);
  for (const ExtraRequest& request : info.extra) {
    const std::uint16_t name = names.add(request.metric);
    if (name != kNoNumber) extra.push_back({row, name, ValueType::kInt64, request.value});
  }
}

}  // namespace

void enrich_from_pods(NodeBlock& block, const BlockContext& context) {
  const auto pods = static_cast<std::uint32_t>(block.pod_rows.size());
  // The containers of each pod that the kubelet reports, to find those that it does not.
  std::vector<std::vector<std::uint32_t>> reported(pods);
  for (std::uint32_t row = 0; row < block.container_rows.size(); ++row) {
    reported[block.container_rows[row].pod].push_back(row);
  }
  Pool<std::string> names(block.containers.extra_names);
  std::vector<ExtraValue> extra;
  for (std::uint32_t pod = 0; pod < pods; ++pod) {
    NodeBlock::Pod& row = block.pod_rows[pod];
    row.info = context.directory.find_pod(row.name->namespace_, row.name->name);
    if (!row.info) continue;
    const std::vector<ContainerInfo>& infos = *row.info->containers;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const ContainerInfo& info = infos[i];
      const auto known =
          std::find_if(reported[pod].begin(), reported[pod].end(), [&](std::uint32_t candidate) {
            return block.container_rows[candidate].name->name == info.name->name;
          });
      if (known != reported[pod].end()) {
        NodeBlock::Container& container = block.container_rows[*known];
        if (!block.classic || container.name->image.empty()) container.name = info.name;
        put_resources(block, *known, info, names, extra);
        const std::int32_t restarts = (*row.info->restart_counts)[i];
        if (restarts >= 0) block.containers.set(Metric::kRestartCount, *known, restarts);
      } else {
        const std::uint32_t added = block.containers.add_row(kNoTime, kNoTime);
        block.container_rows.push_back({pod, info.name});
        put_resources(block, added, info, names, extra);
      }
    }
  }
  if (extra.empty()) return;
  block.containers.extra.insert(block.containers.extra.end(), extra.begin(), extra.end());
  std::stable_sort(block.containers.extra.begin(), block.containers.extra.end(),
                   [](const ExtraValue& a, const ExtraValue& b) { return a.row < b.row; });
  block.containers.extra_names = names.take();
}

}  // namespace kubevitals::usage
