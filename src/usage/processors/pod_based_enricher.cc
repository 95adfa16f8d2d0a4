#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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

// The containers of each pod that the kubelet reports.
class Reported {
 public:
  explicit Reported(const NodeBlock& block)
      : rows_(block.container_rows), first_(block.pod_rows.size(), kNone), next_(rows_.size(), kNone) {
    for (auto row = static_cast<std::uint32_t>(rows_.size()); row-- > 0;) {
      next_[row] = std::exchange(first_[rows_[row].pod], row);
    }
  }

  template <typename Visitor>
  void each(std::uint32_t pod, Visitor&& visit) const {
    for (std::uint32_t row = first_[pod]; row != kNone; row = next_[row]) visit(row);
  }

  std::optional<std::uint32_t> find(std::uint32_t pod,
                                    const std::shared_ptr<const ContainerName>& name) const {
    for (std::uint32_t row = first_[pod]; row != kNone; row = next_[row]) {
      // Mostly it is the very one that was put there the last time.
      if (rows_[row].name == name || rows_[row].name->name == name->name) return row;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  const std::vector<NodeBlock::Container>& rows_;  // those behind the ones there were at first do not count
  std::vector<std::uint32_t> first_;               // by pod
  std::vector<std::uint32_t> next_;                // by row: the next of the same pod
};

// The summary has no images: one that stands there is of a pod that is gone.
void forget_image(NodeBlock::Container& container) {
  if (container.name->image.empty()) return;
  container.name = std::make_shared<const ContainerName>(ContainerName{container.name->name, {}});
}

}  // namespace

void enrich_from_pods(NodeBlock& block, const BlockContext& context) {
  const auto pods = static_cast<std::uint32_t>(block.pod_rows.size());
  const Reported reported(block);
  Pool<std::string> names(block.containers.extra_names);
  std::vector<ExtraValue> extra;
  for (std::uint32_t pod = 0; pod < pods; ++pod) {
    NodeBlock::Pod& row = block.pod_rows[pod];
    row.info = context.directory.find_pod(row.name->namespace_, row.name->name);
    if (!row.info) {
      if (!block.classic) {
        reported.each(pod, [&](std::uint32_t container) { forget_image(block.container_rows[container]); });
      }
      continue;
    }
    row.name = row.info->name;  // lest it be held a second time
    const std::vector<ContainerInfo>& infos = *row.info->containers;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const ContainerInfo& info = infos[i];
      if (const auto known = reported.find(pod, info.name)) {
        NodeBlock::Container& container = block.container_rows[*known];
        if (!block.classic || container.name->image.empty()) container.name = info.name;
        put_resources(block, *known, info, names, extra);
        const std::int32_t restarts = row.info->state->restart_counts[i];
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
