// What nodes and containers use, as the resource metrics API tells it: from the last two scrapes of each
// node.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

// CPU over a window that ends at a time, and memory at that time.
struct ResourceUse {
  Nanos time = kNoTime;  // of the data
  Nanos window = 0;
  std::int64_t cpu = 0;     // nanocores
  std::int64_t memory = 0;  // bytes of the working set
};

// The use of one node and its pods. Constant.
struct NodeUsage {
  std::shared_ptr<const NodeBlock> block;  // the last scrape
  SteadyTime put_time;
  std::optional<ResourceUse> node;

  struct Container {
    std::uint32_t row;  // in the block's container_rows
    ResourceUse use;
    bool has_use() const { return use.time != kNoTime; }
  };
  // In the order of namespace and name; those that are reported with what is needed.
  struct Pod {
    std::uint32_t row;    // in the block's pod_rows
    std::uint32_t first;  // of its containers
    std::uint32_t count : 31;
    std::uint32_t complete : 1;  // all of them have a use
  };
  std::vector<Pod> pods;
  std::vector<std::uint32_t> pod_hashes;  // of their names, to find one without looking at the others
  std::vector<Container> containers;

  const PodName& name_of(const Pod& pod) const { return *block->pod_rows[pod.row].name; }
  const std::string& name_of(const Container& container) const {
    return block->container_rows[container.row].name->name;
  }
  // Null: the node did not report it, or not all that is needed.
  const Pod* find(std::string_view namespace_, std::string_view name) const;
};

// The rules are metrics-server's (pkg/storage, pkg/scraper/client/resource/decode.go):
// - The CPU is the difference of the counters over the difference of the data's times.
// - A container that was restarted has no use until its second scrape, unless its start, at which it had used
//   nothing, can be the earlier point: that is when it was 10 s ago or more, but less than the resolution.
// - Where the data's time did not go on, what was said before is still true.
// - A pod is left out when one of its containers reports no CPU or no memory, or zero.
// Ours: the start counts for nodes too; a counter that goes down counts as a restart; a node that could not
// be scraped keeps its use for three and a half resolutions, so that two cycles that fail are no gap however
// late the next one's answer is, and the time tells how old it is. Thread-safe.
class UsageStore {
 public:
  UsageStore(const Clock& clock, Duration resolution) : clock_(clock), resolution_(resolution) {}

  // The last scrape of the block's node.
  void put(std::shared_ptr<const NodeBlock> block);
  void remove(std::string_view node);

  // Of a node; null when it was not scraped lately.
  std::shared_ptr<const NodeUsage> find(std::string_view node) const;

  using Snapshot = std::vector<std::shared_ptr<const NodeUsage>>;
  // Of all nodes that were scraped lately, in the order of their names.
  Snapshot snapshot() const;

  // Some node, and some pod, has a use.
  bool has_nodes() const;
  bool has_pods() const;

 private:
  bool is_recent(const NodeUsage& usage, SteadyTime now) const {
    return 2 * (now - usage.put_time) <= 7 * resolution_;
  }

  const Clock& clock_;
  const Duration resolution_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<const NodeUsage>, std::less<>> nodes_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
