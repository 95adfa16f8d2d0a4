#include "sim/controllers.h"

#include <algorithm>

#include "sim/stored_document.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {

void Controllers::after(double seconds, Action action, unsigned resource, const Version& version) {
  const Layout& layout = store_.layout();
  timers_.push({store_.now() + seconds, ++timer_number_, action, resource, key_of(layout, resource, version),
                uid_of(layout, resource, version)});
}

void Controllers::run_due() {
  while (!timers_.empty() && timers_.top().due <= store_.now()) {
    const Timer timer = timers_.top();
    timers_.pop();
    run(timer);
    drain();
  }
}

void Controllers::run(const Timer& timer) {
  const Version* found = store_.find(timer.resource, timer.key);
  if (found == nullptr || uid_of(store_.layout(), timer.resource, *found) != timer.uid) return;
  const Version version = *found;
  switch (timer.action) {
    case Action::kStart:
      if (version.state == State::kStarting && !version.terminating) {
        set_pod_state(timer.key, State::kNormal, version.restarts);
        const std::optional<Owner> owner = owner_of(kPod, version);
        if (owner && owner->resource == kJob) after(2, Action::kFinishJob, kPod, version);
      }
      break;
    case Action::kFinishJob:
      set_pod_state(timer.key, State::kSucceeded, version.restarts);
      break;
    case Action::kRemove:
      finish_removal(timer.resource, version);
      break;
    case Action::kRecover:
      if (timer.resource == kNode) {
        set_node_state(timer.key, State::kNormal);
      } else if (version.state != State::kSucceeded && version.state != State::kFailed &&
                 !version.terminating) {
        set_pod_state(timer.key, State::kNormal, version.restarts);
      }
      break;
    case Action::kRemoveNamespace:
      remove_namespace(version);
      break;
  }
}

void Controllers::enqueue(unsigned resource, std::string key) {
  std::pair<unsigned, std::string> item(resource, std::move(key));
  if (queued_.insert(item).second) work_.push_back(std::move(item));
}

void Controllers::enqueue_owner(unsigned resource, const Version& version) {
  if (std::optional<Owner> owner = owner_of(resource, version))
    enqueue(owner->resource, std::move(owner->key));
  if (resource == kPod && version.subject != kNone) {
    const WorkloadKind kind = store_.layout().workload(version.subject).kind;
    if (kind == WorkloadKind::kDeployment || kind == WorkloadKind::kStatefulSet) {
      Version service;
      service.subject = version.subject;
      enqueue(kService, key_of(store_.layout(), kService, service));
    }
  }
}

void Controllers::drain() {
  if (draining_) return;
  draining_ = true;
  // Each object is brought nearer to what it should be; the bound keeps two that disagree from going on for
  // ever.
  for (int i = 0; i < 100'000 && !work_.empty(); ++i) {
    const auto [resource, key] = work_.front();
    work_.pop_front();
    queued_.erase({resource, key});
    sync(resource, key);
  }
  draining_ = false;
}

void Controllers::sync(unsigned resource, const std::string& key) {
  switch (resource) {
    case kDeployment:
      sync_deployment(key);
      break;
    case kReplicaSet:
    case kStatefulSet:
    case kDaemonSet:
    case kJob:
      sync_replicas(resource, key);
      break;
    case kService:
      sync_endpoints(key);
      break;
    default:
      break;
  }
}

const Version& Controllers::create(unsigned resource, Version version) {
  read_counts(store_.layout(), resource, version);
  version.created = version.changed = store_.seconds();
  const bool control = resource == kDeployment || resource == kReplicaSet || resource == kStatefulSet ||
                       resource == kDaemonSet || resource == kJob;
  if (resource == kPod) {
    version.state = version.number == kNone ? State::kUnschedulable : State::kStarting;
    write_status(store_.layout(), resource, version);
  } else if (control) {
    write_status(store_.layout(), resource, version);
  }
  const Version& created = store_.create(resource, std::move(version));
  const std::string key = key_of(store_.layout(), resource, created);
  if (resource == kPod) {
    after(options_.pod_start_seconds, Action::kStart, kPod, created);
    enqueue_owner(kPod, created);
  }
  if (control) enqueue(resource, key);
  drain();
  return *store_.find(resource, key);
}

const Version& Controllers::update(unsigned resource, Version version) {
  const std::string key = key_of(store_.layout(), resource, version);
  const bool was_terminating = version.terminating;
  read_counts(store_.layout(), resource, version);
  version.changed = was_terminating ? version.changed : store_.seconds();
  const bool free =
      version.has_document() && version.terminating && resource != kPod && resource != kNamespace;
  if (free) {
    const json::value* finalizers = find_member(version.stored->document, {"metadata", "finalizers"});
    if (finalizers == nullptr || !finalizers->is_array() || finalizers->get_array().empty()) {
      const Version& last = store_.update(resource, version);
      after(0, Action::kRemove, resource, last);
      return last;
    }
  }
  store_.update(resource, std::move(version));
  if (resource == kPod) {
    enqueue_owner(kPod, *store_.find(resource, key));
  } else {
    enqueue(resource, key);
  }
  drain();
  return *store_.find(resource, key);
}

void Controllers::set_pod_state(std::string_view key, State state, std::uint32_t restarts) {
  const Version* found = store_.find(kPod, key);
  if (found == nullptr) return;
  Version pod = *found;
  pod.state = state;
  pod.restarts = restarts;
  pod.changed = store_.seconds();
  write_status(store_.layout(), kPod, pod);
  enqueue_owner(kPod, pod);
  store_.update(kPod, std::move(pod));
  drain();
}

void Controllers::set_node_state(std::string_view key, State state) {
  const Version* found = store_.find(kNode, key);
  if (found == nullptr) return;
  Version node = *found;
  node.state = state;
  node.changed = store_.seconds();
  write_status(store_.layout(), kNode, node);
  store_.update(kNode, std::move(node));
}

void Controllers::recover_later(unsigned resource, std::string_view key, double seconds) {
  if (const Version* found = store_.find(resource, key)) after(seconds, Action::kRecover, resource, *found);
}

void Controllers::roll_out(std::string_view key) {
  const Version* found = store_.find(kDeployment, key);
  if (found == nullptr || !found->computed() || found->terminating) return;
  Version deployment = *found;
  ++deployment.revision;
  deployment.updated = 0;
  deployment.changed = store_.seconds();
  store_.update(kDeployment, std::move(deployment));
  enqueue(kDeployment, std::string(key));
  drain();
}

void Controllers::turn_job(std::string_view key) {
  const Version* found = store_.find(kJob, key);
  if (found == nullptr || !found->computed() || found->subject == kNone) return;
  const Version job = *found;
  if (job.state == State::kNormal) {
    for (const Version& pod : dependents(kPod, kJob, job)) {
      set_pod_state(key_of(store_.layout(), kPod, pod), State::kSucceeded, pod.restarts);
    }
    return;
  }
  remove(kJob, key, Propagation::kBackground, true);
  Version next;
  next.subject = job.subject;
  next.revision = job.revision + 1;
  next.number = job.number;
  next.created = next.changed = store_.seconds();
  store_.create(kJob, next);
  enqueue(kJob, std::string(key));
  drain();
}

void Controllers::remove(unsigned resource, std::string_view key, Propagation propagation, bool immediately) {
  const Version* found = store_.find(resource, key);
  if (found == nullptr) return;
  const Version version = *found;
  const Layout& layout = store_.layout();
  const json::value* finalizers =
      version.has_document() ? find_member(version.stored->document, {"metadata", "finalizers"}) : nullptr;
  const bool held = finalizers != nullptr && finalizers->is_array() && !finalizers->get_array().empty();
  if (resource == kNamespace) {
    if (!version.terminating) {
      begin_removal(resource, version);
      after(options_.pod_stop_seconds, Action::kRemoveNamespace, resource, version);
    }
  } else if (held || (resource == kPod && !immediately && version.number != kNone)) {
    if (!version.terminating) {
      begin_removal(resource, version);
      if (!held) after(options_.pod_stop_seconds, Action::kRemove, resource, version);
    }
  } else {
    if (propagation == Propagation::kOrphan) {
      store_.remove(resource, version);
      enqueue_owner(resource, version);
    } else {
      finish_removal(resource, version);
    }
  }
  if (resource == kPod) enqueue_owner(kPod, version);
  if (resource == kService) enqueue(kService, key_of(layout, resource, version));
  drain();
}

void Controllers::begin_removal(unsigned resource, const Version& version) {
  Version next = version;
  next.terminating = true;
  next.changed = store_.seconds();
  if (next.has_document() || resource != kPod) {
    json::object document = document_of(store_.layout(), resource, version);
    json::object& metadata = object_member(document, "metadata");
    const std::int64_t grace =
        resource == kPod ? integer_member(document, {"spec", "terminationGracePeriodSeconds"}, 30) : 0;
    metadata["deletionTimestamp"] = store_.layout().time(
        store_.seconds() + static_cast<std::int32_t>(std::clamp<std::int64_t>(grace, 0, 86'400)));
    metadata["deletionGracePeriodSeconds"] = grace;
    if (resource == kNamespace) object_member(document, "status")["phase"] = "Terminating";
    set_document(next, std::move(document));
  }
  store_.update(resource, std::move(next));
}

void Controllers::finish_removal(unsigned resource, const Version& version) {
  store_.remove(resource, version);
  enqueue_owner(resource, version);
  remove_dependents(resource, version);
}

void Controllers::remove_dependents(unsigned resource, const Version& version) {
  unsigned child = kPod;
  switch (resource) {
    case kDeployment:
      child = kReplicaSet;
      break;
    case kReplicaSet:
    case kStatefulSet:
    case kDaemonSet:
    case kJob:
      break;
    case kService:
      child = kEndpointSlice;
      break;
    default:
      return;
  }
  for (const Version& dependent : dependents(child, resource, version)) {
    remove(child, key_of(store_.layout(), child, dependent), Propagation::kBackground, false);
  }
}

void Controllers::remove_namespace(const Version& version) {
  const Layout& layout = store_.layout();
  const std::string ns = name_of(layout, kNamespace, version);
  for (unsigned resource = 0; resource < catalog().size(); ++resource) {
    if (!catalog()[resource].type().namespaced) continue;
    const Result<Snapshot> all = store_.snapshot(resource, store_.rv(), ns, {}, 0);
    if (!all) continue;
    for (const Version& object : all->versions) store_.remove(resource, object);
  }
  // What the controllers wanted to do there is void: their objects are gone.
  store_.remove(kNamespace, version);
}

}  // namespace kubevitals::sim
