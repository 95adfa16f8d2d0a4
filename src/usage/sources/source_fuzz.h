// Any answer of a kubelet: it is refused with a reason, or it makes a block that holds together and goes
// through all steps twice, once after itself.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "usage/model/metric_set.h"
#include "usage/model/set_cursor.h"
#include "usage/processors/processor.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {

inline void check_fuzzed_table(const Table& table) {
  for (const LabelledValue& value : table.labelled) {
    if (value.row >= table.rows() || value.labels >= table.label_values->size()) std::abort();
  }
  for (const ExtraValue& value : table.extra) {
    if (value.row >= table.rows() || value.name >= table.extra_names->size()) std::abort();
  }
}

inline int fuzz_source(const SourceType& type, const std::uint8_t* data, std::size_t size) {
  std::string body(reinterpret_cast<const char*>(data), size);
  body.append(kBodyPadding, '\0');
  const auto info = std::make_shared<const NodeInfo>();
  const Directory directory;
  std::shared_ptr<const NodeBlock> before;
  for (int cycle = 0; cycle < 2; ++cycle) {
    Result<NodeBlock> block =
        type.parse({std::string_view(body).substr(0, size), info, before.get(), 1'767'225'660'000'000'000});
    if (!block) {
      if (block.error().code != ErrorCode::kInvalid || block.error().message.empty()) std::abort();
      return 0;
    }
    process_block(*block, {before.get(), directory});
    if (block->pods.rows() != block->pod_rows.size() || block->system.rows() != block->system_names.size() ||
        block->containers.rows() != block->container_rows.size() || block->node.rows() > 1) {
      std::abort();
    }
    for (const NodeBlock::Container& container : block->container_rows) {
      if (container.pod >= block->pods.rows()) std::abort();
    }
    for (const Table* table : {&block->node, &block->system, &block->pods, &block->containers}) {
      check_fuzzed_table(*table);
    }
    before = std::make_shared<const NodeBlock>(std::move(*block));
    Batch batch;
    batch.nodes.push_back(before);
    process_batch(batch, directory);
    SetLabels labels;
    for_each_set(batch, [&labels](const MetricSet& set) { set.fill(LabelFormat{}, labels); });
  }
  return 0;
}

}  // namespace kubevitals::usage
