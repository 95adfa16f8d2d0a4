// The pods, nodes and namespaces that exist, as the API server tells.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "kube/feed_subscriber.h"
#include "kube/objects/namespace.h"
#include "usage/directory/object_projection.h"

namespace kubevitals::usage {

// Follows three feeds. Thread-safe; what it gives is constant.
class Directory {
 public:
  explicit Directory(std::string host_id_annotation = {});
  ~Directory();

  // To be subscribed to the feeds of all pods, nodes and namespaces; the directory outlives their calls.
  std::shared_ptr<kube::FeedSubscriber<kube::Pod>> pod_subscriber();
  std::shared_ptr<kube::FeedSubscriber<kube::Node>> node_subscriber();
  std::shared_ptr<kube::FeedSubscriber<kube::Namespace>> namespace_subscriber();

  // Called without a lock when a node or a pod on a node is new, with the node's name. Before the feeds
  // begin.
  void on_news(std::function<void(const std::string& node)> call) { on_news_ = std::move(call); }

  // The lists of pods and nodes were complete once.
  bool synced() const { return (synced_ & kNeeded) == kNeeded; }
  // That of the namespaces was: of them only Heapster's labels are made, and not everybody may list them.
  bool has_namespaces() const { return (synced_ & kNamespaces) != 0; }

  // Null: there is none.
  std::shared_ptr<const PodInfo> find_pod(std::string_view namespace_, std::string_view name) const;
  std::shared_ptr<const NodeRecord> find_node(std::string_view name) const;
  std::shared_ptr<const std::string> find_namespace(std::string_view name) const;  // its uid

  // In the order of their names; the same list until one changes.
  std::shared_ptr<const std::vector<std::shared_ptr<const NodeRecord>>> nodes() const;
  // In the order of namespace and name; the same list until one changes.
  std::shared_ptr<const std::vector<std::shared_ptr<const PodInfo>>> pods() const;

  struct Figures {
    std::size_t pods = 0;
    std::size_t nodes = 0;
    std::size_t namespaces = 0;
  };
  Figures figures() const;

 private:
  template <typename T>
  class Subscriber;
  // Bits of synced_.
  static constexpr unsigned kPods = 1;
  static constexpr unsigned kNodes = 2;
  static constexpr unsigned kNamespaces = 4;
  static constexpr unsigned kNeeded = kPods | kNodes;

  void upsert(kube::ObjectSlot slot, const kube::Pod& pod);
  void upsert(kube::ObjectSlot slot, const kube::Node& node);
  void upsert(kube::ObjectSlot slot, const kube::Namespace& ns);
  void erase(kube::ObjectSlot slot, const kube::Pod*);
  std::shared_ptr<const PodInfo> pod_at(kube::ObjectSlot slot) const;  // null: there is none
  void forget_pod(kube::ObjectSlot slot) REQUIRES(mutex_);
  void erase(kube::ObjectSlot slot, const kube::Node*);
  void erase(kube::ObjectSlot slot, const kube::Namespace*);

  struct PodKey {
    std::string_view namespace_;
    std::string_view name;
    bool operator==(const PodKey&) const = default;
  };
  // Finds slots by the names of their pods.
  struct ByName {
    using is_transparent = void;
    const std::vector<std::shared_ptr<const PodInfo>>* slots;

    PodKey key(const PodKey& name) const { return name; }
    PodKey key(kube::ObjectSlot slot) const;
    std::size_t hash(const PodKey& name) const;
    std::size_t operator()(const auto& name) const { return hash(key(name)); }
    bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
  };

  std::function<void(const std::string&)> on_news_;  // constant once the feeds have begun
  std::atomic<unsigned> synced_{0};

  Projector pod_projector_;   // owned by the pods' feed
  Projector node_projector_;  // owned by the nodes' feed

  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const PodInfo>> pod_slots_ GUARDED_BY(mutex_);
  boost::unordered_flat_set<kube::ObjectSlot, ByName, ByName> pods_ GUARDED_BY(mutex_);
  mutable std::shared_ptr<const std::vector<std::shared_ptr<const PodInfo>>> pod_list_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<const NodeRecord>> node_slots_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const NodeRecord>, std::less<>> nodes_ GUARDED_BY(mutex_);
  mutable std::shared_ptr<const std::vector<std::shared_ptr<const NodeRecord>>> node_list_ GUARDED_BY(mutex_);
  std::vector<std::string> namespace_slots_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> namespaces_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
