#include "usage/sinks/metric/metric_sink.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "usage/model/metric_set.h"
#include "usage/model/set_cursor.h"

namespace kubevitals::usage {
namespace {

using Names = std::vector<std::string>;

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// How the nodes of a batch, or of what is kept longer, are looked at.
const NodeBlock& block_of(const std::shared_ptr<const NodeBlock>& node) {
  return *node;
}
const NodeLayout& block_of(const LongBatch::Node& node) {
  return *node.layout;
}

// Where a batch has a node's set: the node's place in the list and the row.
struct Place {
  std::size_t node;
  std::uint32_t row;
};

template <typename Node>
std::optional<std::size_t> find_node(const std::vector<Node>& nodes, std::string_view name) {
  const auto found = std::lower_bound(
      nodes.begin(), nodes.end(), name,
      [](const Node& node, std::string_view key) { return block_of(node).info->name < key; });
  if (found == nodes.end() || block_of(*found).info->name != name) return std::nullopt;
  return static_cast<std::size_t>(found - nodes.begin());
}

// By name, else by hostname.
template <typename Node>
std::optional<std::size_t> find_node_or_host(const std::vector<Node>& nodes, std::string_view name) {
  if (const auto found = find_node(nodes, name)) return found;
  const auto host = std::find_if(nodes.begin(), nodes.end(),
                                 [name](const Node& node) { return block_of(node).info->hostname == name; });
  if (host == nodes.end()) return std::nullopt;
  return static_cast<std::size_t>(host - nodes.begin());
}

struct PodKey {
  std::string_view namespace_;
  std::string_view name;
  bool operator==(const PodKey&) const = default;
};
struct HashPodKey {
  std::size_t operator()(const PodKey& key) const {
    return std::hash<std::string_view>{}(key.name) * 31 + std::hash<std::string_view>{}(key.namespace_);
  }
};

// Finds the same sets in one batch after the other. Pods are looked for where the directory says that they
// are, nodes by their names; all that are not there, in one pass over all nodes, but for those that are the
// same as in a batch before.
class Finder {
 public:
  using Places = std::vector<std::optional<Place>>;

  Finder(const Directory& directory, std::span<const SetName> sets) : sets_(sets), pod_nodes_(sets.size()) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (!is_of_pod(sets[i])) {
        hosts_.emplace(sets[i].node, i);
        continue;
      }
      pods_.emplace(PodKey{sets[i].namespace_, sets[i].pod}, i);
      if (const auto pod = directory.find_pod(sets[i].namespace_, sets[i].pod)) pod_nodes_[i] = *pod->node;
    }
  }

  // For each of the sets. The nodes live as long as this.
  template <typename Node>
  Places find(const std::vector<Node>& nodes) {
    Places places(sets_.size());
    bool missing_pods = false;
    bool missing_nodes = false;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const bool of_pod = is_of_pod(sets_[i]);
      const auto node = find_node(nodes, of_pod ? pod_nodes_[i] : sets_[i].node);
      if (node) places[i] = place(nodes, *node, i);
      missing_pods = missing_pods || (of_pod && !places[i]);
      missing_nodes = missing_nodes || (!of_pod && !node);
    }
    if (missing_pods) search_pods(nodes, places);
    if (missing_nodes) search_hosts(nodes, places);
    return places;
  }

 private:
  static bool is_of_pod(const SetName& set) {
    return set.type == SetType::kPod || set.type == SetType::kPodContainer;
  }

  template <typename Node>
  std::optional<Place> place(const std::vector<Node>& nodes, std::size_t node, std::size_t set) const {
    const auto row = find_row(block_of(nodes[node]), sets_[set]);
    return row ? std::optional(Place{node, *row}) : std::nullopt;
  }

  // Pods that are gone, or that were on another node then.
  template <typename Node>
  void search_pods(const std::vector<Node>& nodes, Places& places) {
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      const auto& block = block_of(nodes[node]);
      if (without_.contains(&block)) continue;
      bool any = false;
      for (const auto& pod : block.pod_rows) {
        const auto [first, last] = pods_.equal_range(PodKey{pod.name->namespace_, pod.name->name});
        for (auto found = first; found != last; ++found) {
          any = true;
          if (places[found->second]) continue;
          places[found->second] = place(nodes, node, found->second);
          pod_nodes_[found->second] = block.info->name;
        }
      }
      if (!any) without_.insert(&block);
    }
  }

  template <typename Node>
  void search_hosts(const std::vector<Node>& nodes, Places& places) const {
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      const auto [first, last] = hosts_.equal_range(block_of(nodes[node]).info->hostname);
      for (auto found = first; found != last; ++found) {
        if (!places[found->second]) places[found->second] = place(nodes, node, found->second);
      }
    }
  }

  const std::span<const SetName> sets_;
  std::unordered_multimap<PodKey, std::size_t, HashPodKey> pods_;
  std::unordered_multimap<std::string_view, std::size_t> hosts_;  // by what may be a name or a hostname
  std::vector<std::string> pod_nodes_;                            // where each pod probably is
  std::unordered_set<const void*> without_;                       // blocks that have none of the pods
};

std::optional<MetricSet> find_set(const Batch& batch, const SetName& set, const std::optional<Place>& place) {
  if (set.type == SetType::kCluster) {
    if (batch.cluster.rows() == 0) return std::nullopt;
    return MetricSet(set.type, batch, nullptr, 0);
  }
  if (set.type == SetType::kNamespace) {
    const auto& rows = batch.namespace_rows;
    const auto found =
        std::lower_bound(rows.begin(), rows.end(), set.namespace_,
                         [](const NamespaceRow& row, std::string_view name) { return row.name < name; });
    if (found == rows.end() || found->name != set.namespace_) return std::nullopt;
    return MetricSet(set.type, batch, nullptr, static_cast<std::uint32_t>(found - rows.begin()));
  }
  if (!place) return std::nullopt;
  return MetricSet(set.type, batch, batch.nodes[place->node].get(), place->row);
}

// Calls visit(batch, number of the set, MetricSet) for what there is of the sets in each batch.
template <typename Visitor>
void for_each_found(const std::vector<std::shared_ptr<const Batch>>& batches, const Directory& directory,
                    std::span<const SetName> sets, Nanos start, Nanos end, Visitor&& visit) {
  Finder finder(directory, sets);
  for (const auto& batch : batches) {
    if (batch->timestamp < start || batch->timestamp > end) continue;
    const Finder::Places places = finder.find(batch->nodes);
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (const auto found = find_set(*batch, sets[i], places[i])) visit(*batch, i, *found);
    }
  }
}

bool same_labels(MetricLabels kind, const LabelValues& values, const MetricSink::Labels& wanted) {
  const auto names = label_names(kind);
  if (names.size() != wanted.size()) return false;
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = std::find(names.begin(), names.end(), label.first);
    return found != names.end() && values[static_cast<std::size_t>(found - names.begin())] == label.second;
  });
}

}  // namespace

void MetricSink::store(std::shared_ptr<const Batch> batch, Nanos now) {
  std::shared_ptr<const LongBatch> before;
  {
    const MutexLock lock(mutex_);
    if (!long_.empty()) before = long_.back();
  }
  auto kept = std::make_shared<const LongBatch>(*batch, before.get());
  const MutexLock lock(mutex_);
  std::erase_if(short_, [now](const auto& old) { return old->timestamp <= now - kShortAge; });
  std::erase_if(long_, [now](const auto& old) { return old->timestamp() <= now - kLongAge; });
  short_.push_back(std::move(batch));
  long_.push_back(std::move(kept));
}

std::vector<std::shared_ptr<const Batch>> MetricSink::batches() const {
  const MutexLock lock(mutex_);
  return {short_.begin(), short_.end()};
}

std::shared_ptr<const Batch> MetricSink::latest() const {
  const MutexLock lock(mutex_);
  return short_.empty() ? nullptr : short_.back();
}

std::size_t MetricSink::long_store_bytes() const {
  const MutexLock lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& batch : long_) bytes += batch->bytes();
  return bytes;
}

std::vector<MetricSink::Points> MetricSink::long_points(std::span<const SetName> sets, Metric metric,
                                                        Nanos start, Nanos end) const {
  std::vector<Points> points(sets.size());
  std::vector<std::shared_ptr<const LongBatch>> batches;
  {
    const MutexLock lock(mutex_);
    batches.assign(long_.begin(), long_.end());
  }
  Finder finder(directory_, sets);
  for (const auto& batch : batches) {
    if (batch->timestamp() < start || batch->timestamp() > end) continue;
    const Finder::Places places = finder.find(batch->nodes());
    for (std::size_t i = 0; i < sets.size(); ++i) {
      Value value = kAbsent;
      if (sets[i].type == SetType::kCluster || sets[i].type == SetType::kNamespace) {
        value = batch->get(metric, sets[i]);
      } else if (places[i]) {
        value = batch->get(metric, batch->nodes()[places[i]->node], sets[i].type, places[i]->row);
      }
      if (value != kAbsent) points[i].push_back({batch->timestamp(), ValueType::kInt64, value});
    }
  }
  return points;
}

std::vector<MetricSink::Points> MetricSink::points(std::span<const SetName> sets, std::string_view metric,
                                                   Nanos start, Nanos end) const {
  const std::optional<Metric> known = find_metric(metric);
  if (known == Metric::kCpuUsageRate || known == Metric::kMemoryUsage) {
    return long_points(sets, *known, start, end);
  }
  std::vector<Points> points(sets.size());
  const auto visit = [&](const Batch& batch, std::size_t i, const MetricSet& set) {
    set.for_each_value([&](const NamedValue& value) {
      if (value.name == metric) points[i].push_back({batch.timestamp, value.value_type, value.value});
    });
  };
  for_each_found(batches(), directory_, sets, start, end, visit);
  return points;
}

std::vector<MetricSink::Points> MetricSink::labelled_points(std::span<const SetName> sets,
                                                            std::string_view metric, const Labels& labels,
                                                            Nanos start, Nanos end) const {
  std::vector<Points> points(sets.size());
  const auto visit = [&](const Batch& batch, std::size_t i, const MetricSet& set) {
    set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& values) {
      if (value.name != metric || !same_labels(kind, values, labels)) return;
      points[i].push_back({batch.timestamp, value.value_type, value.value});
    });
  };
  for_each_found(batches(), directory_, sets, start, end, visit);
  return points;
}

std::vector<std::string> MetricSink::metric_names(const SetName& set) const {
  Names names;
  const auto visit = [&](const Batch&, std::size_t, const MetricSet& found) {
    found.for_each_value([&](const NamedValue& value) { names.emplace_back(value.name); });
  };
  for_each_found(batches(), directory_, std::span(&set, 1), std::numeric_limits<Nanos>::min(),
                 std::numeric_limits<Nanos>::max(), visit);
  return sorted(std::move(names));
}

std::vector<std::string> MetricSink::keys() const {
  Names keys;
  const auto batch = latest();
  if (batch) for_each_set(*batch, [&](const MetricSet& set) { keys.push_back(set.key()); });
  return sorted(std::move(keys));
}

std::vector<std::string> MetricSink::nodes() const {
  Names names;
  const auto batch = latest();
  if (!batch) return names;
  for (const auto& block : batch->nodes) {
    if (block->has_node()) names.push_back(block->info->name);
  }
  return names;
}

std::vector<std::string> MetricSink::namespaces() const {
  Names names;
  const auto batch = latest();
  if (!batch) return names;
  for (const NamespaceRow& row : batch->namespace_rows) names.push_back(row.name);
  return names;
}

std::vector<std::string> MetricSink::pods(std::string_view namespace_) const {
  Names names;
  const auto batch = latest();
  if (!batch) return names;
  for (const auto& block : batch->nodes) {
    for (const NodeBlock::Pod& pod : block->pod_rows) {
      if (pod.name->namespace_ == namespace_) names.push_back(pod.name->name);
    }
  }
  return sorted(std::move(names));
}

std::vector<std::string> MetricSink::containers(std::string_view namespace_, std::string_view pod) const {
  Names names;
  const auto batch = latest();
  if (!batch) return names;
  const SetName set{SetType::kPod, {}, namespace_, pod, {}};
  const std::optional<Place> place = Finder(directory_, std::span(&set, 1)).find(batch->nodes).front();
  if (!place) return names;
  for (const NodeBlock::Container& container : batch->nodes[place->node]->container_rows) {
    if (container.pod == place->row) names.push_back(container.name->name);
  }
  return sorted(std::move(names));
}

std::vector<std::string> MetricSink::system_containers(std::string_view node) const {
  const auto batch = latest();
  if (!batch) return {};
  const auto found = find_node_or_host(batch->nodes, node);
  return found ? sorted(batch->nodes[*found]->system_names) : Names();
}

}  // namespace kubevitals::usage
