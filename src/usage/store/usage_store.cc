#include "usage/store/usage_store.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

namespace kubevitals::usage {
namespace {

// Of less than that no rate can be made: the kubelet's figures are some seconds old.
constexpr Nanos kLeastAge = 10'000'000'000;

// What a row of a table says.
struct Reading {
  Nanos time;
  Nanos start;
  Value cpu;
  Value memory;

  Reading(const Table& table, std::size_t row)
      : time(table.scrape_time(row)),
        start(table.start_time(row)),
        cpu(table.get(Metric::kCpuUsage, row)),
        memory(table.get(Metric::kMemoryWorkingSet, row)) {}

  // The kubelet does not report it at all.
  bool is_missing() const { return cpu == kAbsent && memory == kAbsent && start == kNoTime; }
  // Zero stands for what could not be measured.
  bool is_whole() const {
    return time != kNoTime && cpu != kAbsent && cpu > 0 && memory != kAbsent && memory > 0;
  }
};

// As the incumbent computes it, to the last digit.
ResourceUse use_since(const Reading& now, Nanos then, Value cpu_then) {
  const Nanos window = now.time - then;
  constexpr Nanos kSecond = 1'000'000'000;
  const double seconds = static_cast<double>(window / kSecond) + static_cast<double>(window % kSecond) / 1e9;
  const double cpu = static_cast<double>(now.cpu - cpu_then) / seconds;
  constexpr double kMost = 9.2e18;
  return {now.time, window, static_cast<std::int64_t>(std::min(cpu, kMost)), now.memory};
}

struct Before {
  std::optional<Reading> reading;
  std::optional<ResourceUse> use;
};

std::optional<ResourceUse> use_of(const Reading& now, const Before& before, Nanos resolution) {
  // A start that is not known is far in the past.
  const bool started = now.start != kNoTime && now.start < now.time;
  if (started && now.time - now.start >= kLeastAge && now.time - now.start < resolution) {
    return use_since(now, now.start, 0);
  }
  if (!before.reading || !before.reading->is_whole() || now.start >= before.reading->time)
    return std::nullopt;
  if (now.time <= before.reading->time) return before.use;
  if (now.cpu < before.reading->cpu) return std::nullopt;
  return use_since(now, before.reading->time, before.reading->cpu);
}

// The containers of each pod, by rows: those of pod i are rows[first[i]] to rows[first[i + 1] - 1].
struct ContainersOfPods {
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> rows;

  explicit ContainersOfPods(const NodeBlock& block)
      : first(block.pod_rows.size() + 1), rows(block.container_rows.size()) {
    for (const auto& container : block.container_rows) ++first[container.pod + 1];
    for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::uint32_t row = 0; row < block.container_rows.size(); ++row) {
      rows[next[block.container_rows[row].pod]++] = row;
    }
  }
};

bool less(const PodName& a, const PodName& b) {
  return std::tie(a.namespace_, a.name) < std::tie(b.namespace_, b.name);
}

std::uint32_t hash_of(std::string_view pod) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(pod));
}

class Calculation {
 public:
  Calculation(const NodeBlock& block, const NodeUsage* before, Nanos resolution)
      : block_(block), before_(before), resolution_(resolution) {}

  void run(NodeUsage& usage) {
    if (block_.has_node()) usage.node = node();
    const ContainersOfPods containers(block_);
    std::vector<std::uint32_t> order(block_.pod_rows.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
      return less(*block_.pod_rows[a].name, *block_.pod_rows[b].name);
    });
    usage.pods.reserve(order.size());
    usage.pod_hashes.reserve(order.size());
    usage.containers.reserve(containers.rows.size());
    if (before_ != nullptr) index_before();
    for (const std::uint32_t pod : order) {
      pod_use(usage, pod, containers.rows.data() + containers.first[pod],
              containers.first[pod + 1] - containers.first[pod]);
    }
  }

 private:
  std::optional<ResourceUse> node() const {
    const Reading now(block_.node, 0);
    if (!now.is_whole()) return std::nullopt;
    Before before;
    if (before_ != nullptr && before_->block->has_node()) {
      before = {Reading(before_->block->node, 0), before_->node};
    }
    return use_of(now, before, resolution_);
  }

  // Where the rows of the block before are, in the order of the pods' names.
  void index_before() {
    const NodeBlock& block = *before_->block;
    old_pods_.resize(block.pod_rows.size());
    for (std::uint32_t i = 0; i < old_pods_.size(); ++i) old_pods_[i] = i;
    std::sort(old_pods_.begin(), old_pods_.end(), [&block](std::uint32_t a, std::uint32_t b) {
      return less(*block.pod_rows[a].name, *block.pod_rows[b].name);
    });
    old_containers_.emplace(block);
  }

  Before before(const PodName& pod, const std::string& container) const {
    Before found;
    if (before_ == nullptr) return found;
    const NodeBlock& block = *before_->block;
    const auto row = std::lower_bound(
        old_pods_.begin(), old_pods_.end(), pod,
        [&block](std::uint32_t a, const PodName& key) { return less(*block.pod_rows[a].name, key); });
    if (row == old_pods_.end() || less(pod, *block.pod_rows[*row].name)) return found;
    for (std::uint32_t i = old_containers_->first[*row]; i < old_containers_->first[*row + 1]; ++i) {
      const std::uint32_t old = old_containers_->rows[i];
      if (block.container_rows[old].name->name == container) found.reading = Reading(block.containers, old);
    }
    if (const NodeUsage::Pod* const used = before_->find(pod.namespace_, pod.name)) {
      for (std::uint32_t i = used->first; i < used->first + used->count; ++i) {
        const NodeUsage::Container& one = before_->containers[i];
        if (one.has_use() && before_->name_of(one) == container) found.use = one.use;
      }
    }
    return found;
  }

  void pod_use(NodeUsage& usage, std::uint32_t pod, const std::uint32_t* rows, std::uint32_t count) {
    const PodName& name = *block_.pod_rows[pod].name;
    const auto first = static_cast<std::uint32_t>(usage.containers.size());
    bool complete = true;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Reading now(block_.containers, rows[i]);
      if (now.is_missing()) continue;
      if (!now.is_whole()) {
        usage.containers.resize(first);
        return;
      }
      const std::string& container = block_.container_rows[rows[i]].name->name;
      const std::optional<ResourceUse> use = use_of(now, before(name, container), resolution_);
      usage.containers.push_back({rows[i], use.value_or(ResourceUse{})});
      complete = complete && use;
    }
    const auto found = static_cast<std::uint32_t>(usage.containers.size()) - first;
    if (found == 0) return;
    usage.pods.push_back({pod, first, found, complete});
    usage.pod_hashes.push_back(hash_of(name.name));
  }

  const NodeBlock& block_;
  const NodeUsage* before_;
  const Nanos resolution_;
  std::vector<std::uint32_t> old_pods_;
  std::optional<ContainersOfPods> old_containers_;
};

}  // namespace

const NodeUsage::Pod* NodeUsage::find(std::string_view namespace_, std::string_view name) const {
  const std::uint32_t hash = hash_of(name);
  for (std::size_t i = 0; i < pod_hashes.size(); ++i) {
    if (pod_hashes[i] != hash) continue;
    const PodName& found = name_of(pods[i]);
    if (found.name == name && found.namespace_ == namespace_) return &pods[i];
  }
  return nullptr;
}

void UsageStore::put(std::shared_ptr<const NodeBlock> block) {
  const std::string name = block->info->name;
  std::shared_ptr<const NodeUsage> before;
  {
    const MutexLock lock(mutex_);
    const auto found = nodes_.find(name);
    if (found != nodes_.end()) before = found->second;
  }
  auto usage = std::make_shared<NodeUsage>();
  usage->put_time = clock_.now();
  const Nanos resolution = std::chrono::duration_cast<std::chrono::nanoseconds>(resolution_).count();
  usage->block = std::move(block);
  Calculation(*usage->block, before.get(), resolution).run(*usage);
  usage->containers.shrink_to_fit();
  const MutexLock lock(mutex_);
  nodes_.insert_or_assign(name, std::move(usage));
}

void UsageStore::remove(std::string_view node) {
  const MutexLock lock(mutex_);
  const auto found = nodes_.find(node);
  if (found != nodes_.end()) nodes_.erase(found);
}

std::shared_ptr<const NodeUsage> UsageStore::find(std::string_view node) const {
  const SteadyTime now = clock_.now();
  const MutexLock lock(mutex_);
  const auto found = nodes_.find(node);
  return found != nodes_.end() && is_recent(*found->second, now) ? found->second : nullptr;
}

UsageStore::Snapshot UsageStore::snapshot() const {
  const SteadyTime now = clock_.now();
  Snapshot snapshot;
  const MutexLock lock(mutex_);
  snapshot.reserve(nodes_.size());
  for (const auto& [name, usage] : nodes_) {
    if (is_recent(*usage, now)) snapshot.push_back(usage);
  }
  return snapshot;
}

bool UsageStore::has_nodes() const {
  const Snapshot all = snapshot();
  return std::any_of(all.begin(), all.end(), [](const auto& usage) { return usage->node.has_value(); });
}

bool UsageStore::has_pods() const {
  const Snapshot all = snapshot();
  return std::any_of(all.begin(), all.end(), [](const auto& usage) {
    return std::any_of(usage->pods.begin(), usage->pods.end(),
                       [](const auto& pod) { return pod.complete != 0; });
  });
}

}  // namespace kubevitals::usage
