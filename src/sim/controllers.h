// The controllers and kubelets of the simulated cluster: what makes the rest follow when an object changes.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/store.h"

namespace kubevitals::sim {

enum class Propagation { kBackground, kOrphan };

// Not thread-safe: lives under the cluster's lock. Computed and stored objects are treated alike.
class Controllers {
 public:
  Controllers(Store& store, const ClusterOptions& options) : store_(store), options_(options) {}

  // Takes over an object that a client created or changed: reads the counts from its document and lets its
  // controller follow.
  const Version& create(unsigned resource, Version version);
  const Version& update(unsigned resource, Version version);
  // Deletes an object and, unless orphaned, its dependents. Pods and namespaces first become terminating; so
  // does what has finalizers, until they are gone.
  void remove(unsigned resource, std::string_view key, Propagation propagation, bool immediately);

  // Sets what a pod is doing, as a kubelet would, and lets owners and endpoints follow.
  void set_pod_state(std::string_view key, State state, std::uint32_t restarts);
  void set_node_state(std::string_view key, State state);
  // Brings a pod or node back to State::kNormal after so many seconds.
  void recover_later(unsigned resource, std::string_view key, double seconds);
  // A new revision of a computed Deployment's template, rolled out from now on.
  void roll_out(std::string_view key);
  // Ends a running Job, or runs a finished one again.
  void turn_job(std::string_view key);

  // Does what is due at the store's present.
  void run_due();

 private:
  enum class Action { kStart, kRemove, kRecover, kRemoveNamespace, kFinishJob };
  struct Timer {
    double due;
    std::uint64_t number;  // timers of one moment keep their order
    Action action;
    unsigned resource;
    std::string key;
    std::string uid;

    bool operator>(const Timer& other) const {
      return due != other.due ? due > other.due : number > other.number;
    }
  };
  struct Owner {
    unsigned resource = 0;
    std::string key;
    std::string uid;
  };

  void after(double seconds, Action action, unsigned resource, const Version& version);
  void run(const Timer& timer);
  void enqueue(unsigned resource, std::string key);
  void enqueue_owner(unsigned resource, const Version& version);
  void drain();
  void sync(unsigned resource, const std::string& key);

  void sync_deployment(const std::string& key);
  void sync_replicas(unsigned resource, const std::string& key);
  void sync_endpoints(const std::string& key);
  void resize(unsigned resource, const Version& owner, const std::vector<Version>& active);
  void create_pod(unsigned resource, const Version& owner, std::uint32_t ordinal);
  Version current_replica_set(const Version& deployment, const std::vector<Version>& sets);
  void shift_replicas(const Version& deployment, const Version& current, const std::vector<Version>& sets);
  void set_replicas(const Version& set, std::uint32_t replicas);
  void report(unsigned resource, const Version& version, std::uint32_t existing, std::uint32_t ready,
              std::uint32_t updated);
  void begin_removal(unsigned resource, const Version& version);
  void finish_removal(unsigned resource, const Version& version);
  void remove_dependents(unsigned resource, const Version& version);
  void remove_namespace(const Version& version);

  std::vector<Version> dependents(unsigned resource, unsigned owner_resource, const Version& owner) const;
  std::optional<Owner> owner_of(unsigned resource, const Version& version) const;

  Store& store_;
  const ClusterOptions options_;
  std::deque<std::pair<unsigned, std::string>> work_;
  std::set<std::pair<unsigned, std::string>> queued_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_number_ = 0;
  std::uint32_t incarnations_ = 0;
  bool draining_ = false;
};

}  // namespace kubevitals::sim
