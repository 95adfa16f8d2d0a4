#include "discovery/kubernetes/labels.h"

#include <cstdint>
#include <functional>

namespace kubevitals::discovery::kubernetes {
namespace {

constexpr std::string_view kPrefix = "__meta_kubernetes_";

void add_map(LabelBlockBuilder& builder, std::string_view role, std::string_view what,
             const kube::StringMap& map) {
  if (map.empty()) return;
  const std::string prefix = std::string(kPrefix).append(role).append("_").append(what);
  for (const auto& [key, value] : map) {
    const std::string name = sanitize_label_name(key);
    builder.add(prefix + "_" + name, value);
    builder.add(prefix + "present_" + name, "true");
  }
}

std::size_t hash_of(const LabelBlock& block) {
  std::size_t hash = block.own_size();
  const auto mix = [&hash](std::size_t value) {
    hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15u;
    hash ^= hash >> 29;
  };
  for (std::size_t i = 0; i < block.own_size(); ++i) {
    const Label label = block.own(i);
    mix(label.name.number());
    mix(std::hash<std::string_view>()(label.value));
  }
  return hash;
}

}  // namespace

const LabelNames& names() {
  static const LabelNames known;
  return known;
}

std::string_view value_of(const LabelBlockPtr& block, LabelName name) {
  return block ? block->find(name).value_or(std::string_view()) : std::string_view();
}

void add_labels(LabelBlockBuilder& builder, std::string_view role, const kube::StringMap& labels) {
  add_map(builder, role, "label", labels);
}

void add_annotations(LabelBlockBuilder& builder, std::string_view role, const kube::StringMap& annotations) {
  add_map(builder, role, "annotation", annotations);
}

void add_metadata(LabelBlockBuilder& builder, std::string_view role, const kube::ObjectMeta& metadata) {
  builder.add(std::string(kPrefix).append(role).append("_name"), metadata.name);
  add_labels(builder, role, metadata.labels);
  add_annotations(builder, role, metadata.annotations);
}

std::string unsigned_port(std::int32_t port) {
  return std::to_string(static_cast<std::uint64_t>(static_cast<std::int64_t>(port)));
}

LabelBlockPtr BlockCache::share(LabelBlockPtr block) {
  LabelBlockPtr& known = blocks_[hash_of(*block) % blocks_.size()];
  if (!known || !known->equals(*block)) known = std::move(block);
  return known;
}

}  // namespace kubevitals::discovery::kubernetes
