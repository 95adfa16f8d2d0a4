#include "usage/sources/block_builder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "usage/directory/intern_pool.h"

namespace kubevitals::usage {
namespace {

template <typename T>
std::shared_ptr<const std::vector<T>> of(const NodeBlock* before, Table NodeBlock::*table,
                                         std::shared_ptr<const std::vector<T>> Table::*list) {
  return before == nullptr ? nullptr : before->*table.*list;
}

std::size_t hash_of_pod(std::string_view namespace_, std::string_view name) {
  return std::hash<std::string_view>{}(name)*31 + std::hash<std::string_view>{}(namespace_);
}

std::size_t hash_of_container(std::uint32_t pod, std::string_view name) {
  return std::hash<std::string_view>{}(name) + pod * 0x9e37'79b9'7f4a'7c15;
}

struct HashContainerName {
  std::size_t operator()(const ContainerName& name) const {
    return std::hash<std::string>{}(name.name) * 31 + std::hash<std::string>{}(name.image);
  }
};

// The same for all pods of a template, on all nodes.
std::shared_ptr<const ContainerName> shared(ContainerName name) {
  static Mutex mutex;
  static auto* const pool = new InternPool<ContainerName, HashContainerName>();
  const MutexLock lock(mutex);
  return pool->intern(std::move(name));
}

}  // namespace

BlockBuilder::BlockBuilder(std::shared_ptr<const NodeInfo> info, const NodeBlock* before)
    : before_(before),
      pods_(before == nullptr ? 0 : before->pod_rows.size()),
      containers_(before == nullptr ? 0 : before->container_rows.size()),
      node_labels_(of(before, &NodeBlock::node, &Table::label_values)),
      system_labels_(of(before, &NodeBlock::system, &Table::label_values)),
      pod_labels_(of(before, &NodeBlock::pods, &Table::label_values)),
      container_labels_(of(before, &NodeBlock::containers, &Table::label_values)),
      container_extra_(of(before, &NodeBlock::containers, &Table::extra_names)) {
  block_.info = std::move(info);
  if (before == nullptr) return;
  block_.pods.reserve(before->pods.rows());
  block_.pod_rows.reserve(before->pod_rows.size());
  block_.containers.reserve(before->containers.rows());
  block_.container_rows.reserve(before->container_rows.size());
}

std::string BlockBuilder::pod_key(std::string_view namespace_, std::string_view name) {
  // The length tells apart what strange names would make equal.
  return std::to_string(namespace_.size()).append("/").append(namespace_).append("/").append(name);
}

std::uint32_t BlockBuilder::pod(std::string_view namespace_, std::string_view name, std::string_view uid) {
  const auto next = static_cast<std::uint32_t>(block_.pods.rows());
  const std::uint32_t row =
      pods_.find_or_add(hash_of_pod(namespace_, name), next, [&](std::uint32_t candidate) {
        const PodName& known = *block_.pod_rows[candidate].name;
        return known.name == name && known.namespace_ == namespace_;
      });
  if (row == next) {
    block_.pods.add_row(kNoTime, kNoTime);
    block_.pod_rows.push_back({pod_name(namespace_, name, uid), nullptr, nullptr});
  } else if (!uid.empty() && block_.pod_rows[row].name->uid.empty()) {
    block_.pod_rows[row].name = pod_name(namespace_, name, uid);
  }
  return row;
}

bool BlockBuilder::is_container(std::uint32_t row, std::uint32_t pod, std::string_view name) const {
  const NodeBlock::Container& known = block_.container_rows[row];
  return known.pod == pod && known.name->name == name;
}

std::optional<std::uint32_t> BlockBuilder::find_container(std::uint32_t pod, std::string_view name) const {
  return containers_.find(hash_of_container(pod, name),
                          [&](std::uint32_t row) { return is_container(row, pod, name); });
}

std::uint32_t BlockBuilder::container(std::uint32_t pod, std::string_view name, std::string_view image) {
  const auto next = static_cast<std::uint32_t>(block_.containers.rows());
  const std::uint32_t row =
      containers_.find_or_add(hash_of_container(pod, name), next,
                              [&](std::uint32_t candidate) { return is_container(candidate, pod, name); });
  if (row == next) {
    block_.containers.add_row(kNoTime, kNoTime);
    block_.container_rows.push_back({pod, container_name(name, image)});
  }
  return row;
}

std::uint32_t BlockBuilder::system_container(std::string_view name) {
  const auto [known, is_new] = system_.emplace(name, block_.system.rows());
  if (is_new) {
    block_.system.add_row(kNoTime, kNoTime);
    block_.system_names.emplace_back(name);
  }
  return known->second;
}

std::shared_ptr<const PodName> BlockBuilder::pod_name(std::string_view namespace_, std::string_view name,
                                                      std::string_view uid) {
  if (before_ != nullptr) {
    // A pod that came or went moves all others by one.
    for (std::size_t i = next_pod_; i < std::min(next_pod_ + 4, before_->pod_rows.size()); ++i) {
      const std::shared_ptr<const PodName>& candidate = before_->pod_rows[i].name;
      if (candidate->namespace_ == namespace_ && candidate->name == name &&
          (uid.empty() || candidate->uid == uid)) {
        next_pod_ = i + 1;
        return candidate;
      }
    }
  }
  return std::make_shared<const PodName>(
      PodName{std::string(namespace_), std::string(name), std::string(uid)});
}

std::shared_ptr<const ContainerName> BlockBuilder::container_name(std::string_view name,
                                                                  std::string_view image) {
  if (before_ != nullptr) {
    for (std::size_t i = next_container_; i < std::min(next_container_ + 8, before_->container_rows.size());
         ++i) {
      const std::shared_ptr<const ContainerName>& candidate = before_->container_rows[i].name;
      if (candidate->name == name && (image.empty() || candidate->image == image)) {
        next_container_ = i + 1;
        return candidate;
      }
    }
  }
  return shared({std::string(name), std::string(image)});
}

NodeBlock BlockBuilder::finish() {
  node_labels_.fit(block_.node.labelled, &LabelledValue::labels);
  system_labels_.fit(block_.system.labelled, &LabelledValue::labels);
  pod_labels_.fit(block_.pods.labelled, &LabelledValue::labels);
  container_labels_.fit(block_.containers.labelled, &LabelledValue::labels);
  container_extra_.fit(block_.containers.extra, &ExtraValue::name);
  block_.node.label_values = node_labels_.take();
  block_.system.label_values = system_labels_.take();
  block_.pods.label_values = pod_labels_.take();
  block_.containers.label_values = container_labels_.take();
  block_.containers.extra_names = container_extra_.take();
  return std::move(block_);
}

void set_uptime(Table& table, std::uint32_t row, Nanos now, Nanos start_time) {
  if (start_time == kNoTime || now < 0) return;
  // What started before 1970 would not fit.
  const Nanos start = std::clamp<Nanos>(start_time, 0, now);
  table.set(Metric::kUptime, row, (now - start) / 1'000'000);
}

}  // namespace kubevitals::usage
