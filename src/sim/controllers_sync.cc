// The part of the controllers that compares what is wanted with what is there.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <functional>
#include <memory>

#include "sim/controllers.h"
#include "sim/stored_document.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

bool active(const Version& pod) {
  return !pod.terminating && pod.state != State::kSucceeded && pod.state != State::kFailed &&
         pod.state != State::kEvicted;
}

// A template without the label that the ReplicaSet's own template has besides.
json::value comparable_template(const json::object& document) {
  const json::value* found = find_member(document, {"spec", "template"});
  if (found == nullptr) return {};
  json::value copy(*found);
  if (json::object* object = copy.if_object()) {
    json::object& metadata = object_member(*object, "metadata");
    metadata.erase("creationTimestamp");
    object_member(metadata, "labels").erase("pod-template-hash");
  }
  return copy;
}

json::object owner_reference(const Layout& layout, unsigned resource, const Version& owner) {
  return json::object({{"apiVersion", catalog()[resource].type().api_version()},
                       {"kind", catalog()[resource].type().kind},
                       {"name", name_of(layout, resource, owner)},
                       {"uid", uid_of(layout, resource, owner)},
                       {"controller", true},
                       {"blockOwnerDeletion", true}});
}

}  // namespace

std::optional<Controllers::Owner> Controllers::owner_of(unsigned resource, const Version& version) const {
  const Layout& layout = store_.layout();
  if (version.has_document()) {
    const json::value* owners = find_member(version.stored->document, {"metadata", "ownerReferences"});
    if (owners == nullptr || !owners->is_array()) return std::nullopt;
    for (const json::value& value : owners->get_array()) {
      const json::object* owner = value.if_object();
      if (owner == nullptr) continue;
      const std::optional<unsigned> kind =
          find_kind(text_member(*owner, {"apiVersion"}), text_member(*owner, {"kind"}));
      if (!kind) continue;
      return Owner{*kind, make_key(namespace_of(layout, resource, version), text_member(*owner, {"name"})),
                   std::string(text_member(*owner, {"uid"}))};
    }
    return std::nullopt;
  }
  unsigned kind = 0;
  if (resource == kReplicaSet) {
    kind = kDeployment;
  } else if (resource == kEndpointSlice) {
    kind = kService;
  } else if (resource == kPod) {
    constexpr unsigned kOwners[] = {kReplicaSet, kStatefulSet, kDaemonSet, kJob};
    kind = kOwners[static_cast<unsigned>(layout.workload(version.subject).kind)];
  } else {
    return std::nullopt;
  }
  Version owner;
  owner.subject = version.subject;
  owner.revision = version.revision;
  return Owner{kind, key_of(layout, kind, owner), uid_of(layout, kind, owner)};
}

std::vector<Version> Controllers::dependents(unsigned resource, unsigned owner_resource,
                                             const Version& owner) const {
  const Layout& layout = store_.layout();
  const Collection& all = store_.collection(resource);
  const std::string key = key_of(layout, owner_resource, owner);
  const std::string uid = uid_of(layout, owner_resource, owner);
  const std::string prefix = key + "-";  // names of dependents begin so
  std::vector<Version> found;
  for (std::size_t i = all.lower_bound(prefix); i < all.size() && all.key_at(i).starts_with(prefix); ++i) {
    const std::optional<Owner> candidate = owner_of(resource, all.at(i));
    if (candidate && candidate->resource == owner_resource && candidate->key == key &&
        candidate->uid == uid) {
      found.push_back(all.at(i));
    }
  }
  return found;
}

void Controllers::sync_deployment(const std::string& key) {
  const Version* found = store_.find(kDeployment, key);
  if (found == nullptr || found->terminating) return;
  const Version deployment = *found;
  const std::vector<Version> sets = dependents(kReplicaSet, kDeployment, deployment);
  const Version current = current_replica_set(deployment, sets);
  shift_replicas(deployment, current, sets);
  std::uint32_t existing = 0, ready = 0;
  for (const Version& set : sets) {
    existing += set.restarts;
    ready += set.ready;
  }
  report(kDeployment, deployment, existing, ready, current.restarts);
}

Version Controllers::current_replica_set(const Version& deployment, const std::vector<Version>& sets) {
  const Layout& layout = store_.layout();
  Version created;
  if (deployment.computed()) {
    for (const Version& set : sets) {
      if (set.subject == deployment.subject && set.revision == deployment.revision) return set;
    }
    created.subject = deployment.subject;
    created.revision = deployment.revision;
    created.created = created.changed = store_.seconds();
    return store_.create(kReplicaSet, std::move(created));
  }
  const json::object document = document_of(layout, kDeployment, deployment);
  const json::value wanted = comparable_template(document);
  for (const Version& set : sets) {
    if (comparable_template(document_of(layout, kReplicaSet, set)) == wanted) return set;
  }
  const std::string name(text_member(document, {"metadata", "name"}));
  const std::string hash =
      name_suffix(mix(std::hash<std::string>()(json::serialize(wanted) + std::to_string(sets.size()))), 10);
  json::value pod(wanted);
  object_member(object_member(pod.as_object(), "metadata"), "labels")["pod-template-hash"] = hash;
  json::object labels(object_member(object_member(pod.as_object(), "metadata"), "labels"));
  const json::value* old_selector = find_member(document, {"spec", "selector"});
  json::object selector(old_selector != nullptr && old_selector->is_object() ? old_selector->get_object()
                                                                             : json::object());
  object_member(selector, "matchLabels")["pod-template-hash"] = hash;
  json::array owners;
  owners.emplace_back(owner_reference(layout, kDeployment, deployment));
  const std::string ns = namespace_of(layout, kDeployment, deployment);
  json::object metadata(
      {{"name", name + "-" + hash},
       {"namespace", ns},
       {"uid", make_uid(hash_of(layout.seed(), kReplicaSet, ++incarnations_, store_.rv()))},
       {"generation", 1},
       {"creationTimestamp", layout.time(store_.seconds())},
       {"labels", std::move(labels)},
       {"annotations", {{"deployment.kubernetes.io/revision", fmt::format("{}", sets.size() + 1)}}},
       {"ownerReferences", std::move(owners)}});
  created.created = created.changed = store_.seconds();
  set_document(
      created,
      json::object(
          {{"metadata", std::move(metadata)},
           {"spec", {{"replicas", 0}, {"selector", std::move(selector)}, {"template", std::move(pod)}}}}));
  write_status(layout, kReplicaSet, created);
  enqueue(kDeployment, make_key(ns, name));
  return store_.create(kReplicaSet, std::move(created));
}

// The rolling update with the API's default limits: a quarter more pods, rounded up, a quarter fewer ready
// ones.
void Controllers::shift_replicas(const Version& deployment, const Version& current,
                                 const std::vector<Version>& sets) {
  const Layout& layout = store_.layout();
  const std::string current_key = key_of(layout, kReplicaSet, current);
  const std::uint32_t wanted = deployment.number;
  std::uint32_t old_total = 0, ready = current.ready;
  for (const Version& set : sets) {
    if (key_of(layout, kReplicaSet, set) == current_key) continue;
    old_total += set.number;
    ready += set.ready;
  }
  const std::uint32_t limit = wanted + (wanted + 3) / 4;
  std::uint32_t now = current.number;
  if (now > wanted || old_total == 0) {
    now = wanted;
  } else if (now + old_total < limit) {
    now = std::min(wanted, limit - old_total);
  }
  if (now != current.number) set_replicas(current, now);
  if (old_total == 0) return;
  const std::uint32_t required = wanted - wanted / 4;
  std::uint32_t spare = ready > required ? ready - required : 0;
  for (const Version& set : sets) {
    if (set.number == 0 || key_of(layout, kReplicaSet, set) == current_key) continue;
    const std::uint32_t unready = set.number > set.ready ? set.number - set.ready : 0;
    const std::uint32_t fewer = std::min(set.number, unready + spare);
    spare -= std::min(spare, fewer > unready ? fewer - unready : 0);
    if (fewer != 0) set_replicas(set, set.number - fewer);
  }
}

void Controllers::set_replicas(const Version& set, std::uint32_t replicas) {
  Version next = set;
  next.number = replicas;
  next.changed = store_.seconds();
  if (next.has_document()) {
    json::object document(next.stored->document);
    object_member(document, "spec")["replicas"] = replicas;
    json::object& metadata = object_member(document, "metadata");
    metadata["generation"] = integer_member(document, {"metadata", "generation"}, 1) + 1;
    set_document(next, std::move(document));
  }
  enqueue(kReplicaSet, key_of(store_.layout(), kReplicaSet, next));
  store_.update(kReplicaSet, std::move(next));
}

void Controllers::sync_replicas(unsigned resource, const std::string& key) {
  const Version* found = store_.find(resource, key);
  if (found == nullptr || found->terminating) return;
  const Version owner = *found;
  const std::vector<Version> pods = dependents(kPod, resource, owner);
  if (resource == kJob) {
    const auto done = static_cast<std::uint32_t>(std::count_if(
        pods.begin(), pods.end(), [](const Version& pod) { return pod.state == State::kSucceeded; }));
    if (done >= owner.number && owner.state == State::kNormal) {
      Version next = owner;
      next.state = State::kSucceeded;
      next.changed = store_.seconds();
      next.ready = 0;
      write_status(store_.layout(), kJob, next);
      store_.update(kJob, std::move(next));
      return;
    }
    if (owner.state != State::kNormal) return;
    if (pods.size() >= owner.number) {
      const auto running = static_cast<std::uint32_t>(std::count_if(
          pods.begin(), pods.end(), [](const Version& pod) { return pod.state == State::kNormal; }));
      report(resource, owner, static_cast<std::uint32_t>(pods.size()), running, 0);
      return;
    }
  }
  std::vector<Version> alive;
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(alive), active);
  resize(resource, owner, alive);
  const std::vector<Version> after = dependents(kPod, resource, owner);
  std::uint32_t existing = 0, ready = 0;
  for (const Version& pod : after) {
    if (!active(pod)) continue;
    ++existing;
    ready += pod.state == State::kNormal ? 1 : 0;
  }
  report(resource, owner, existing, ready, existing);
}

void Controllers::resize(unsigned resource, const Version& owner, const std::vector<Version>& active_pods) {
  const std::uint32_t wanted = owner.number;
  if (active_pods.size() < wanted || resource == kDaemonSet) {
    std::vector<bool> taken(wanted);
    std::uint32_t missing =
        wanted - std::min<std::uint32_t>(wanted, static_cast<std::uint32_t>(active_pods.size()));
    for (const Version& pod : dependents(kPod, resource, owner)) {
      // A StatefulSet waits for the pod of the same name to be gone; elsewhere only active ones count.
      const bool counts = resource == kStatefulSet || active(pod);
      if (counts && pod.ordinal < wanted) taken[pod.ordinal] = true;
    }
    for (std::uint32_t ordinal = 0; ordinal < wanted && missing != 0; ++ordinal) {
      if (taken[ordinal]) continue;
      create_pod(resource, owner, ordinal);
      --missing;
    }
    return;
  }
  std::vector<Version> surplus = active_pods;
  // Pods that are not ready go first, then the youngest; StatefulSets shrink from the end.
  std::stable_sort(surplus.begin(), surplus.end(), [&](const Version& a, const Version& b) {
    if (resource == kStatefulSet) return a.ordinal > b.ordinal;
    const bool a_ready = a.state == State::kNormal, b_ready = b.state == State::kNormal;
    if (a_ready != b_ready) return b_ready;
    return a.created > b.created;
  });
  surplus.resize(active_pods.size() - wanted);
  for (const Version& pod : surplus) {
    remove(kPod, key_of(store_.layout(), kPod, pod), Propagation::kBackground, false);
  }
}

void Controllers::create_pod(unsigned resource, const Version& owner, std::uint32_t ordinal) {
  const Layout& layout = store_.layout();
  Version pod;
  pod.ordinal = ordinal;
  pod.incarnation = ++incarnations_;
  pod.state = State::kStarting;
  pod.created = pod.changed = store_.seconds();
  if (owner.computed()) {
    pod.subject = owner.subject;
    pod.revision = owner.revision;
    pod.number = layout.node_of(pod.subject, ordinal, pod.incarnation);
  } else {
    const json::object& set = owner.stored->document;
    const json::value* found = find_member(set, {"spec", "template"});
    json::object document(found != nullptr && found->is_object() ? found->get_object() : json::object());
    const std::string base = name_of(layout, resource, owner);
    const std::uint64_t hash = hash_of(layout.seed(), kPod, pod.incarnation, store_.rv());
    json::object& metadata = object_member(document, "metadata");
    metadata["name"] =
        base + "-" + (resource == kStatefulSet ? std::to_string(ordinal) : name_suffix(hash, 5));
    metadata["generateName"] = base + "-";
    metadata["namespace"] = namespace_of(layout, resource, owner);
    metadata["uid"] = make_uid(hash);
    metadata["creationTimestamp"] = layout.time(store_.seconds());
    json::array owners;
    owners.emplace_back(owner_reference(layout, resource, owner));
    metadata["ownerReferences"] = std::move(owners);
    const std::uint32_t masters = layout.control_plane_count();
    pod.number = resource == kDaemonSet
                     ? ordinal % layout.node_count()
                     : masters + static_cast<std::uint32_t>(hash % (layout.node_count() - masters));
    object_member(document, "spec")["nodeName"] = layout.node_name(pod.number);
    set_document(pod, std::move(document));
    write_status(layout, kPod, pod);
  }
  const std::string key = key_of(layout, kPod, pod);
  if (store_.find(kPod, key) != nullptr) return;  // a name drawn twice, or a StatefulSet's pod still ending
  const Version& created = store_.create(kPod, std::move(pod));
  after(options_.pod_start_seconds, Action::kStart, kPod, created);
  enqueue_owner(kPod, created);
}

void Controllers::report(unsigned resource, const Version& version, std::uint32_t existing,
                         std::uint32_t ready, std::uint32_t updated) {
  const std::string key = key_of(store_.layout(), resource, version);
  const Version* found = store_.find(resource, key);
  if (found == nullptr) return;
  const bool status_seen = !found->has_document() || resource == kJob ||
                           integer_member(found->stored->document, {"status", "observedGeneration"}, 0) ==
                               integer_member(found->stored->document, {"metadata", "generation"}, 0);
  if (found->restarts == existing && found->ready == ready && found->updated == updated && status_seen)
    return;
  Version next = *found;
  next.restarts = existing;
  next.ready = ready;
  next.updated = updated;
  next.changed = store_.seconds();
  write_status(store_.layout(), resource, next);
  enqueue_owner(resource, next);
  store_.update(resource, std::move(next));
}

void Controllers::sync_endpoints(const std::string& key) {
  const Version* service = store_.find(kService, key);
  if (service == nullptr || service->subject == kNone) return;
  const Layout& layout = store_.layout();
  const std::uint32_t subject = service->subject;
  const std::string prefix =
      make_key(layout.workload_namespace(subject), layout.workload_name(subject)) + "-";
  auto stored = std::make_shared<Stored>();
  const Collection& pods = store_.collection(kPod);
  for (std::size_t i = pods.lower_bound(prefix); i < pods.size() && pods.key_at(i).starts_with(prefix); ++i) {
    const Version& pod = pods.at(i);
    if (pod.subject != subject || pod.number == kNone || pod.state == State::kStarting) continue;
    stored->endpoints.push_back(
        {pod.ordinal, pod.incarnation, pod.revision, pod.state == State::kNormal && !pod.terminating});
  }
  std::sort(stored->endpoints.begin(), stored->endpoints.end(),
            [](const EndpointRef& a, const EndpointRef& b) {
              return std::pair(a.ordinal, a.incarnation) < std::pair(b.ordinal, b.incarnation);
            });
  for (std::uint32_t ordinal = 0; ordinal < 2; ++ordinal) {
    Version slice;
    slice.subject = subject;
    slice.ordinal = ordinal;
    const Version* found = store_.find(kEndpointSlice, key_of(layout, kEndpointSlice, slice));
    if (found == nullptr || found->has_document() || found->stored->endpoints == stored->endpoints) continue;
    Version next = *found;
    next.stored = stored;
    next.changed = store_.seconds();
    store_.update(kEndpointSlice, std::move(next));
  }
}

}  // namespace kubevitals::sim
