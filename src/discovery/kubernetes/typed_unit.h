// The unit of a role, written once for all of them.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/kubernetes/explain.h"
#include "discovery/kubernetes/metrics.h"
#include "discovery/kubernetes/references.h"
#include "discovery/kubernetes/unit.h"

namespace kubevitals::discovery::kubernetes {

// `Traits` has:
//   Object, Record                                  the role's own object and its record
//   kRole, resource()                               whose selector counts, and what is followed
//   kEvents                                         "pod": the label of the events' metric
//   build(const Record&, const Neighbours&)         see groups.h
//   kEndpoints, kPods                               whether it has services and pods around; is role pod
template <typename Traits>
class TypedUnit final : public Unit {
 public:
  using Record = typename Traits::Record;

  explicit TypedUnit(const UnitSettings& settings) : attach_(settings.attach) {
    follow_own(settings);
    follow_attached(settings);
    around_.attach = attach_;
    around_.pods = others_.pods.table();
    around_.services = others_.services.table();
    around_.nodes = others_.nodes.table();
    around_.namespaces = others_.namespaces.table();
    around_.replica_sets = others_.replica_sets.table();
    around_.jobs = others_.jobs.table();
  }

  void take(std::vector<TargetGroupPtr>& out) override {
    take_own();
    take_others();
    const bool was_ready = std::exchange(ready_, ready_ || all_listed());
    if (!ready_) return;
    const bool owners_came_late = owners_listed() && !owners_listed_;
    owners_listed_ = owners_listed();
    if (!was_ready || owners_came_late) mark_all();
    drop_orphans(out);
    for (const kube::ObjectSlot slot : dirty_) {
      is_dirty_[slot] = false;
      if (const RecordPtr<Record>& record = own_.table()->at(slot)) rebuild(slot, *record, out);
    }
    dirty_.clear();
  }

  std::vector<ScopeReport> reports() const override {
    std::vector<ScopeReport> all = {own_.report()};
    const auto add = [&all](const auto& view) {
      if (view.followed()) all.push_back(view.report());
    };
    add(others_.services);
    add(others_.pods);
    add(others_.nodes);
    add(others_.namespaces);
    add(others_.replica_sets);
    add(others_.jobs);
    return all;
  }

  void explain(const AbsenceQuery& query, std::vector<std::string>& out) const override {
    explain_absence(query, *own_.table(), around_, out);
  }

 private:
  void follow_own(const UnitSettings& settings) {
    const kube::WatchScope scope = scope_of(settings, Traits::resource(), Traits::kRole);
    own_.template follow<typename Traits::Object>(settings.cluster, scope, settings.waker,
                                                  event_counters(settings.metrics, Traits::kEvents));
    if constexpr (!Traits::kEndpoints) return;
    const kube::WatchScope services = scope_of(settings, kube::kServices, Role::kService);
    others_.services.follow<kube::Service>(settings.cluster, services, settings.waker,
                                           event_counters(settings.metrics, "service"));
    EventCounters pod_updates;  // as the incumbent counts: slices do not look at pods' events at all
    if (Traits::kRole == Role::kEndpoints)
      pod_updates.updated = event_counters(settings.metrics, "pod").updated;
    const kube::WatchScope pods = scope_of(settings, kube::kPods, Role::kPod);
    others_.pods.follow<kube::Pod>(settings.cluster, pods, settings.waker, std::move(pod_updates));
  }

  void follow_attached(const UnitSettings& settings) {
    constexpr bool kHasPods = Traits::kEndpoints || Traits::kPods;
    if (kHasPods && attach_.node) {
      const kube::WatchScope scope = scope_of(settings, kube::kNodes, Role::kNode);
      others_.nodes.follow<kube::Node>(settings.cluster, scope, settings.waker, {});
    }
    if (Traits::kRole != Role::kNode && attach_.namespace_) {
      const kube::WatchScope scope = scope_of(settings, kube::kNamespaces);
      others_.namespaces.follow<kube::Namespace>(settings.cluster, scope, settings.waker, {});
    }
    if (kHasPods && attach_.deployment) {
      const kube::WatchScope scope = scope_of(settings, kube::kReplicaSets);
      others_.replica_sets.follow<kube::ReplicaSet>(settings.cluster, scope, settings.waker, {});
    }
    if (kHasPods && (attach_.job || attach_.cronjob)) {
      const kube::WatchScope scope = scope_of(settings, kube::kJobs);
      others_.jobs.follow<kube::Job>(settings.cluster, scope, settings.waker, {});
    }
  }

  void take_own() {
    own_.take([this](kube::ObjectSlot slot, const RecordPtr<Record>& old, const RecordPtr<Record>& now) {
      if (slot >= published_.size()) {
        published_.resize(slot + 1);
        is_dirty_.resize(slot + 1);
      }
      if (old != now) {
        if (old) index_.remove(references_of(*old, attach_), slot);
        if (now) index_.add(references_of(*now, attach_), slot);
      }
      if (old && (!now || now->key != old->key)) {
        if (published_[slot]) orphans_.push_back({old->key, std::exchange(published_[slot], nullptr)});
      }
      if (now) mark(slot);
    });
  }

  void take_others() {
    others_.services.take([this](auto, const auto& old, const auto& now) {
      this->mark_referring(ReferredKind::kService, old, now);
    });
    others_.pods.take([this](auto, const auto& old, const auto& now) {
      if (Traits::kRole != Role::kEndpoints || !old || !now || old->key != now->key) return;
      if (old->phase() != now->phase()) this->mark_referring(ReferredKind::kPod, now, now);
    });
    others_.nodes.take([this](auto, const auto& old, const auto& now) {
      this->mark_referring(ReferredKind::kNode, old, now);
    });
    others_.namespaces.take([this](auto, const auto& old, const auto& now) {
      if (old && now && old->key == now->key) this->mark_referring(ReferredKind::kNamespace, now, now);
    });
    others_.replica_sets.take([this](auto, const auto& old, const auto& now) {
      if (Traits::kPods) this->mark_referring(ReferredKind::kReplicaSet, old, now);
    });
    others_.jobs.take([this](auto, const auto& old, const auto& now) {
      if (Traits::kPods) this->mark_referring(ReferredKind::kJob, old, now);
    });
  }

  bool all_listed() const {
    const auto listed = [](const auto& view) { return !view.followed() || view.state().synced; };
    // The incumbent's endpoints do not wait for what owns pods; these wait, but not for what fails.
    const auto tried = [&](const auto& view) {
      return listed(view) || (Traits::kEndpoints && !view.state().error.empty());
    };
    return listed(own_) && listed(others_.services) && listed(others_.pods) && listed(others_.nodes) &&
           listed(others_.namespaces) && tried(others_.replica_sets) && tried(others_.jobs);
  }
  bool owners_listed() const {
    const auto listed = [](const auto& view) { return !view.followed() || view.state().synced; };
    return listed(others_.replica_sets) && listed(others_.jobs);
  }

  void mark(kube::ObjectSlot slot) {
    if (is_dirty_[slot]) return;
    is_dirty_[slot] = true;
    dirty_.push_back(slot);
  }
  void mark_all() {
    for (kube::ObjectSlot slot = 0; slot < published_.size(); ++slot) {
      if (own_.table()->at(slot)) mark(slot);
    }
  }
  template <typename R>
  void mark_referring(ReferredKind kind, const RecordPtr<R>& old, const RecordPtr<R>& now) {
    if (!ready_) return;
    if (now) mark_referring(kind, now->key);
    if (old && (!now || old->key != now->key)) mark_referring(kind, old->key);
  }
  void mark_referring(ReferredKind kind, std::string_view key) {
    const std::vector<kube::ObjectSlot>* slots = index_.find(reference_to(kind, key));
    if (slots == nullptr) return;
    for (const kube::ObjectSlot slot : *slots) mark(slot);
  }

  // Removes the groups of objects that are gone, unless another object has their name by now.
  void drop_orphans(std::vector<TargetGroupPtr>& out) {
    for (auto& [key, group] : orphans_) {
      const auto heir = own_.table()->slot_of(key);
      if (heir && !published_[*heir]) {
        published_[*heir] = std::move(group);
      } else if (!heir) {
        out.push_back(empty_group(group->source));
      }
    }
    orphans_.clear();
  }

  void rebuild(kube::ObjectSlot slot, const Record& record, std::vector<TargetGroupPtr>& out) {
    TargetGroupPtr group = Traits::build(record, around_);
    if (!group) {
      spdlog::warn("{} {} has no address", Traits::resource().kind, record.key);
      return;
    }
    TargetGroupPtr& published = published_[slot];
    if (group->targets.empty()) {
      if (!published) return;
      published = nullptr;
      out.push_back(empty_group(group->source));
      return;
    }
    if (published && published->equals(*group)) return;
    published = group;
    out.push_back(std::move(group));
  }

  struct Orphan {
    std::string key;
    TargetGroupPtr group;
  };

  AttachOptions attach_;  // constant
  View<Record> own_;
  Surroundings others_;
  Neighbours around_;  // constant
  ReferenceIndex index_;
  std::vector<kube::ObjectSlot> dirty_;    // to be built
  std::vector<bool> is_dirty_;             // by slot
  std::vector<TargetGroupPtr> published_;  // by slot: what was said of it; null without targets
  std::vector<Orphan> orphans_;
  bool owners_listed_ = true;
};

}  // namespace kubevitals::discovery::kubernetes
