// The objects of a list of the resource metrics API, one after the other.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "kube/selectors.h"
#include "usage/api/metrics_objects.h"
#include "usage/directory/directory.h"
#include "usage/store/usage_store.h"

namespace kubevitals::usage {

// Which objects are wanted.
struct MetricsSelection {
  kube::LabelSelector labels;
  kube::FieldSelector fields;
  bool all_phases = false;  // of pods; else those alone that run

  // kInvalid for what cannot be understood, and for fields other than metadata.name and metadata.namespace.
  static Result<MetricsSelection> parse(std::string_view label_selector, std::string_view field_selector);

  bool matches(std::string_view namespace_, std::string_view name, const LabelPairs* labels) const;
};

// A list as it is when this is made: of what the directory knows in its order, that which has a use. Not
// thread-safe.
class MetricsList {
 public:
  // `resource` is "nodes" or "pods"; without a namespace those of all.
  MetricsList(const UsageStore& store, const Directory& directory, std::string_view resource,
              std::string_view namespace_, MetricsSelection selection);

  // The next object, good as long as the list is; nothing at the end.
  std::optional<MetricsObject> next();

  bool is_of_nodes() const { return nodes_ != nullptr; }

 private:
  std::optional<MetricsObject> next_node();
  std::optional<MetricsObject> next_pod();
  void prefetch_pods();
  const NodeUsage* find(std::string_view node) const;
  const NodeUsage* usage_on(const std::string* node);

  const MetricsSelection selection_;
  const UsageStore::Snapshot snapshot_;
  std::unordered_map<std::string_view, const NodeUsage*> by_node_;
  // By the text that a node's pods share: found without looking at it.
  std::unordered_map<const std::string*, const NodeUsage*> by_shared_name_;
  std::shared_ptr<const std::vector<std::shared_ptr<const NodeRecord>>> nodes_;
  std::shared_ptr<const std::vector<std::shared_ptr<const PodInfo>>> pods_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

// The use of a pod on this node, when it is complete.
std::optional<MetricsObject> pod_object(const PodInfo& pod, const NodeUsage& usage);

}  // namespace kubevitals::usage
