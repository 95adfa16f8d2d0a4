#include "usage/model/metric_set.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace kubevitals::usage {

void LabelFormat::store(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view to = text.substr(0, equals);
  const std::string_view from = equals == std::string_view::npos ? text : text.substr(equals + 1);
  stored.emplace_back(from, to);
}

std::string LabelFormat::join(const LabelPairs& labels) const {
  // The texts are sorted, not the names: "a.b:x" stands before "a:x".
  std::vector<std::string> texts;
  texts.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    if (!ignored.contains(name)) texts.push_back(std::string(name).append(":").append(value));
  }
  std::sort(texts.begin(), texts.end());
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined.append(separator);
    joined.append(text);
  }
  return joined;
}

std::optional<std::string_view> SetLabels::find(std::string_view name) const {
  const auto found =
      std::lower_bound(labels_.begin(), labels_.end(), name,
                       [](const Label& label, std::string_view key) { return label.first < key; });
  if (found == labels_.end() || found->first != name) return std::nullopt;
  return found->second;
}

const Table& table_of(SetType type, const Batch& batch, const NodeBlock* block) {
  switch (type) {
    case SetType::kCluster:
      return batch.cluster;
    case SetType::kNamespace:
      return batch.namespaces;
    case SetType::kNode:
      return block->node;
    case SetType::kSystemContainer:
      return block->system;
    case SetType::kPod:
      return block->pods;
    case SetType::kPodContainer:
      break;
  }
  return block->containers;
}

std::string_view MetricSet::node() const {
  return block_ == nullptr ? "" : std::string_view(block_->info->name);
}

std::string_view MetricSet::namespace_() const {
  if (type_ == SetType::kNamespace) return batch_->namespace_rows[row_].name;
  if (type_ == SetType::kPod) return block_->pod_rows[row_].name->namespace_;
  if (type_ == SetType::kPodContainer) {
    return block_->pod_rows[block_->container_rows[row_].pod].name->namespace_;
  }
  return "";
}

std::string_view MetricSet::pod() const {
  if (type_ == SetType::kPod) return block_->pod_rows[row_].name->name;
  if (type_ == SetType::kPodContainer) return block_->pod_rows[block_->container_rows[row_].pod].name->name;
  return "";
}

std::string_view MetricSet::container() const {
  if (type_ == SetType::kSystemContainer) return block_->system_names[row_];
  if (type_ == SetType::kPodContainer) return block_->container_rows[row_].name->name;
  return "";
}

std::string MetricSet::key() const {
  std::string key;
  const auto part = [&key](std::string_view name, std::string_view value) {
    key.append(key.empty() ? "" : "/").append(name).append(":").append(value);
  };
  switch (type_) {
    case SetType::kCluster:
      return "cluster";
    case SetType::kNamespace:
      part("namespace", namespace_());
      break;
    case SetType::kNode:
      part("node", node());
      break;
    case SetType::kSystemContainer:
      part("node", node());
      part("container", container());
      break;
    case SetType::kPod:
    case SetType::kPodContainer:
      part("namespace", namespace_());
      part("pod", pod());
      if (type_ == SetType::kPodContainer) part("container", container());
      break;
  }
  return key;
}

void put_label(std::vector<Label>& labels, std::string_view name, std::string_view value) {
  auto place = labels.end();
  while (place != labels.begin() && name <= std::prev(place)->first) --place;
  if (place != labels.end() && place->first == name) {
    place->second = value;
  } else {
    labels.emplace(place, name, value);
  }
}

void put_labels(std::vector<Label>& labels, MetricLabels kind, const LabelValues& values) {
  const auto names = label_names(kind);
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) put_label(labels, names[i], values[i]);
}

void MetricSet::fill(const LabelFormat& format, SetLabels& labels) const {
  auto& list = labels.labels_;
  list.clear();
  const auto put = [&list](std::string_view name, std::string_view value) { put_label(list, name, value); };
  std::shared_ptr<const LabelPairs> own;  // of the object itself
  put("type", to_string(type_));
  if (block_ != nullptr) {
    const NodeInfo& node = *block_->info;
    put("nodename", node.name);
    put("hostname", node.hostname);
    put("host_id", node.host_id);
    if (type_ == SetType::kNode) {
      own = node.labels;
      if (block_->classic) put("schedulable", node.schedulable ? "true" : "false");
    }
  }
  if (type_ == SetType::kNamespace) {
    put("namespace_name", namespace_());
    put("namespace_id", batch_->namespace_rows[row_].uid);
  }
  if (type_ == SetType::kSystemContainer) put("container_name", container());
  if (type_ == SetType::kPod || type_ == SetType::kPodContainer) {
    const std::uint32_t row = type_ == SetType::kPod ? row_ : block_->container_rows[row_].pod;
    const NodeBlock::Pod& pod = block_->pod_rows[row];
    put("namespace_name", pod.name->namespace_);
    put("pod_name", pod.name->name);
    put("pod_id", pod.info ? pod.info->name->uid : pod.name->uid);
    if (pod.namespace_uid) put("namespace_id", *pod.namespace_uid);
    if (pod.info) own = pod.info->labels;
    if (type_ == SetType::kPodContainer) {
      const ContainerName& name = *block_->container_rows[row_].name;
      put("container_name", name.name);
      if (!name.image.empty()) put("container_base_image", name.image);
    }
  }
  if (own != nullptr) {
    if (labels.joined_from_ != own) labels.joined_ = format.join(*own);
    labels.joined_from_ = own;
    for (const auto& [from, to] : format.stored) {
      for (const auto& [name, value] : *own) {
        if (name == from) put(to, value);
      }
    }
    put("labels", labels.joined_);
  }
}

std::span<const std::string_view> label_names(MetricLabels labels) {
  static constexpr std::array<std::string_view, 1> kResource{"resource_id"};
  static constexpr std::array<std::string_view, 3> kAccelerator{"make", "model", "accelerator_id"};
  switch (labels) {
    case MetricLabels::kResourceId:
      return kResource;
    case MetricLabels::kAccelerator:
      return kAccelerator;
    case MetricLabels::kNone:
      break;
  }
  return {};
}

}  // namespace kubevitals::usage
