#include "usage/api/metrics_list.h"

#include <algorithm>
#include <utility>

namespace kubevitals::usage {

Result<MetricsSelection> MetricsSelection::parse(std::string_view label_selector,
                                                 std::string_view field_selector) {
  MetricsSelection selection;
  Result<kube::LabelSelector> labels = kube::LabelSelector::parse(label_selector);
  if (!labels) return labels.error();
  Result<kube::FieldSelector> fields = kube::FieldSelector::parse(field_selector);
  if (!fields) return fields.error();
  for (const auto& one : fields->requirements()) {
    if (one.field == "metadata.name" || one.field == "metadata.namespace") continue;
    return kube::FieldSelector::failure(
        field_selector,
        "\"" + one.field.substr(0, 128) + "\" is neither metadata.name nor metadata.namespace");
  }
  selection.labels = std::move(*labels);
  selection.fields = std::move(*fields);
  return selection;
}

bool MetricsSelection::matches(std::string_view namespace_, std::string_view name,
                               const LabelPairs* pairs) const {
  for (const auto& one : fields.requirements()) {
    const std::string_view value = one.field == "metadata.name" ? name : namespace_;
    if ((value == one.value) != one.equal) return false;
  }
  if (labels.empty()) return true;
  return labels.matches([pairs](std::string_view wanted) -> std::optional<std::string_view> {
    return pairs == nullptr ? std::nullopt : pairs->find(wanted);
  });
}

MetricsList::MetricsList(const UsageStore& store, const Directory& directory, std::string_view resource,
                         std::string_view namespace_, MetricsSelection selection)
    : selection_(std::move(selection)), snapshot_(store.snapshot()) {
  by_node_.reserve(snapshot_.size());
  for (const auto& usage : snapshot_) by_node_.emplace(usage->block->info->name, usage.get());
  if (resource == "nodes") {
    nodes_ = directory.nodes();
    end_ = nodes_->size();
    return;
  }
  pods_ = directory.pods();
  end_ = pods_->size();
  if (namespace_.empty()) return;
  const auto before = [](const auto& pod, std::string_view key) { return pod->name->namespace_ < key; };
  const auto behind = [](std::string_view key, const auto& pod) { return key < pod->name->namespace_; };
  const auto first = std::lower_bound(pods_->begin(), pods_->end(), namespace_, before);
  at_ = static_cast<std::size_t>(first - pods_->begin());
  end_ = static_cast<std::size_t>(std::upper_bound(first, pods_->end(), namespace_, behind) - pods_->begin());
}

const NodeUsage* MetricsList::find(std::string_view node) const {
  const auto found = by_node_.find(node);
  return found == by_node_.end() ? nullptr : found->second;
}

const NodeUsage* MetricsList::usage_on(const std::string* node) {
  const auto [known, is_new] = by_shared_name_.try_emplace(node, nullptr);
  if (is_new) known->second = find(*node);
  return known->second;
}

std::optional<MetricsObject> MetricsList::next() {
  return nodes_ ? next_node() : next_pod();
}

std::optional<MetricsObject> MetricsList::next_node() {
  while (at_ < end_) {
    const NodeInfo& node = *(*nodes_)[at_++]->info;
    const NodeUsage* const usage = find(node.name);
    if (usage == nullptr || !usage->node || !selection_.matches("", node.name, node.labels.get())) continue;
    MetricsObject object;
    object.name = node.name;
    object.labels = node.labels.get();
    object.node = &*usage->node;
    return object;
  }
  return std::nullopt;
}

// Neighbours in the list are on nodes all over the cluster: each step would wait for memory a few times.
void MetricsList::prefetch_pods() {
  constexpr std::size_t kStep = 8;
  const auto pod_at = [this](std::size_t ahead) {
    return at_ + ahead < end_ ? (*pods_)[at_ + ahead].get() : nullptr;
  };
  if (const PodInfo* const pod = pod_at(3 * kStep)) {
    __builtin_prefetch(pod);
    __builtin_prefetch(&pod->node);
  }
  if (const PodInfo* const pod = pod_at(2 * kStep)) {
    if (const NodeUsage* const usage = usage_on(pod->node.get())) __builtin_prefetch(&usage->pods);
  }
  if (const PodInfo* const pod = pod_at(kStep)) {
    const NodeUsage* const usage = usage_on(pod->node.get());
    if (usage != nullptr) __builtin_prefetch(usage->pod_hashes.data());
  }
}

std::optional<MetricsObject> MetricsList::next_pod() {
  while (at_ < end_) {
    prefetch_pods();
    const PodInfo& pod = *(*pods_)[at_++];
    const NodeUsage* const usage = usage_on(pod.node.get());
    if (usage == nullptr || !(pod.state->running || selection_.all_phases)) continue;
    if (!selection_.matches(pod.name->namespace_, pod.name->name, pod.labels.get())) continue;
    if (auto object = pod_object(pod, *usage)) return object;
  }
  return std::nullopt;
}

std::optional<MetricsObject> pod_object(const PodInfo& pod, const NodeUsage& usage) {
  const NodeUsage::Pod* const found = usage.find(pod.name->namespace_, pod.name->name);
  if (found == nullptr || found->complete == 0) return std::nullopt;
  MetricsObject object;
  object.name = pod.name->name;
  object.namespace_ = pod.name->namespace_;
  object.labels = pod.labels.get();
  object.usage = &usage;
  object.pod = found;
  return object;
}

}  // namespace kubevitals::usage
