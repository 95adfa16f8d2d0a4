#include "usage/directory/directory.h"

#include <algorithm>
#include <tuple>

namespace kubevitals::usage {

template <typename T>
class Directory::Subscriber final : public kube::FeedSubscriber<T> {
 public:
  Subscriber(Directory& directory, unsigned bit) : directory_(directory), bit_(bit) {}

  void on_upsert(kube::ObjectSlot slot, const T& object) override { directory_.upsert(slot, object); }
  void on_delete(kube::ObjectSlot slot) override { directory_.erase(slot, static_cast<const T*>(nullptr)); }
  void on_synced() override { directory_.synced_ |= bit_; }

 private:
  Directory& directory_;
  const unsigned bit_;
};

Directory::Directory(std::string host_id_annotation)
    : pod_projector_(host_id_annotation),
      node_projector_(host_id_annotation),
      pods_(0, ByName{&pod_slots_}, ByName{&pod_slots_}) {}
Directory::~Directory() = default;

Directory::PodKey Directory::ByName::key(kube::ObjectSlot slot) const {
  const PodName& name = *(*slots)[slot]->name;
  return {name.namespace_, name.name};
}

std::size_t Directory::ByName::hash(const PodKey& name) const {
  return std::hash<std::string_view>{}(name.name) * 31 + std::hash<std::string_view>{}(name.namespace_);
}

std::shared_ptr<kube::FeedSubscriber<kube::Pod>> Directory::pod_subscriber() {
  return std::make_shared<Subscriber<kube::Pod>>(*this, kPods);
}
std::shared_ptr<kube::FeedSubscriber<kube::Node>> Directory::node_subscriber() {
  return std::make_shared<Subscriber<kube::Node>>(*this, kNodes);
}
std::shared_ptr<kube::FeedSubscriber<kube::Namespace>> Directory::namespace_subscriber() {
  return std::make_shared<Subscriber<kube::Namespace>>(*this, kNamespaces);
}

void Directory::upsert(kube::ObjectSlot slot, const kube::Pod& pod) {
  const std::shared_ptr<const PodInfo> before = pod_at(slot);
  const std::shared_ptr<const PodInfo> info = pod_projector_.project(pod, before.get());
  bool news = false;
  {
    const MutexLock lock(mutex_);
    if (pod_slots_.size() <= slot) pod_slots_.resize(slot + 1);
    std::shared_ptr<const PodInfo>& held = pod_slots_[slot];
    news = !info->node->empty() && (!held || held->node->empty());
    if (held) forget_pod(slot);
    // Another slot's pod of that name is gone, though that is not told yet.
    pods_.erase(PodKey{info->name->namespace_, info->name->name});
    held = info;
    pods_.insert(slot);
    pod_list_.reset();
  }
  if (news && on_news_) on_news_(*info->node);
}

void Directory::erase(kube::ObjectSlot slot, const kube::Pod*) {
  const MutexLock lock(mutex_);
  forget_pod(slot);
  pod_slots_[slot].reset();
  pod_list_.reset();
}

std::shared_ptr<const PodInfo> Directory::pod_at(kube::ObjectSlot slot) const {
  const MutexLock lock(mutex_);
  return slot < pod_slots_.size() ? pod_slots_[slot] : nullptr;
}

void Directory::forget_pod(kube::ObjectSlot slot) {
  const auto found = pods_.find(slot);
  if (found != pods_.end() && *found == slot) pods_.erase(found);
}

void Directory::upsert(kube::ObjectSlot slot, const kube::Node& node) {
  std::shared_ptr<const NodeRecord> record = node_projector_.project(node);
  const std::string name = record->info->name;
  bool news = false;
  {
    const MutexLock lock(mutex_);
    if (node_slots_.size() <= slot) node_slots_.resize(slot + 1);
    const std::shared_ptr<const NodeRecord>& held = node_slots_[slot];
    news = record->ready && (!held || !held->ready);
    node_slots_[slot] = record;
    nodes_.insert_or_assign(name, std::move(record));
    node_list_.reset();
  }
  if (news && on_news_) on_news_(name);
}

void Directory::erase(kube::ObjectSlot slot, const kube::Node*) {
  const MutexLock lock(mutex_);
  const std::shared_ptr<const NodeRecord> held = std::move(node_slots_[slot]);
  node_slots_[slot].reset();
  const auto found = nodes_.find(held->info->name);
  if (found != nodes_.end() && found->second == held) nodes_.erase(found);
  node_list_.reset();
}

void Directory::upsert(kube::ObjectSlot slot, const kube::Namespace& ns) {
  const MutexLock lock(mutex_);
  if (namespace_slots_.size() <= slot) namespace_slots_.resize(slot + 1);
  namespace_slots_[slot] = ns.metadata.name;
  std::shared_ptr<const std::string>& uid = namespaces_[namespace_slots_[slot]];
  if (!uid || *uid != ns.metadata.uid) uid = std::make_shared<const std::string>(ns.metadata.uid);
}

void Directory::erase(kube::ObjectSlot slot, const kube::Namespace*) {
  const MutexLock lock(mutex_);
  namespaces_.erase(namespace_slots_[slot]);
}

std::shared_ptr<const PodInfo> Directory::find_pod(std::string_view namespace_, std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = pods_.find(PodKey{namespace_, name});
  return found == pods_.end() ? nullptr : pod_slots_[*found];
}

std::shared_ptr<const NodeRecord> Directory::find_node(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second;
}

std::shared_ptr<const std::string> Directory::find_namespace(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = namespaces_.find(name);
  return found == namespaces_.end() ? nullptr : found->second;
}

std::shared_ptr<const std::vector<std::shared_ptr<const NodeRecord>>> Directory::nodes() const {
  const MutexLock lock(mutex_);
  if (!node_list_) {
    std::vector<std::shared_ptr<const NodeRecord>> list;
    list.reserve(nodes_.size());
    for (const auto& [name, record] : nodes_) list.push_back(record);
    node_list_ = std::make_shared<const std::vector<std::shared_ptr<const NodeRecord>>>(std::move(list));
  }
  return node_list_;
}

std::shared_ptr<const std::vector<std::shared_ptr<const PodInfo>>> Directory::pods() const {
  const MutexLock lock(mutex_);
  if (!pod_list_) {
    std::vector<std::shared_ptr<const PodInfo>> list;
    list.reserve(pods_.size());
    for (const kube::ObjectSlot slot : pods_) list.push_back(pod_slots_[slot]);
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return std::tie(a->name->namespace_, a->name->name) < std::tie(b->name->namespace_, b->name->name);
    });
    pod_list_ = std::make_shared<const std::vector<std::shared_ptr<const PodInfo>>>(std::move(list));
  }
  return pod_list_;
}

Directory::Figures Directory::figures() const {
  const MutexLock lock(mutex_);
  return {pods_.size(), nodes_.size(), namespaces_.size()};
}

}  // namespace kubevitals::usage
