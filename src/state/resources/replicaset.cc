#include "kube/objects/replicaset.h"

#include "state/resources/common.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::ReplicaSet;

constexpr Family<ReplicaSet> kFamilies[] = {
    created_family<ReplicaSet>("kube_replicaset_created", Stability::kStable),
    stable<ReplicaSet>(
        "kube_replicaset_status_replicas", "How many pods there are",
        [](const ReplicaSet& set, const Options&, Emitter& emitter) { emitter.sample(set.status.replicas); }),
    stable<ReplicaSet>("kube_replicaset_status_fully_labeled_replicas",
                       "How many pods have all labels of the template",
                       [](const ReplicaSet& set, const Options&, Emitter& emitter) {
                         emitter.sample(set.status.fully_labeled_replicas);
                       }),
    stable<ReplicaSet>("kube_replicaset_status_ready_replicas", "How many pods are ready",
                       [](const ReplicaSet& set, const Options&, Emitter& emitter) {
                         emitter.sample(set.status.ready_replicas);
                       }),
    alpha<ReplicaSet>("kube_replicaset_status_terminating_replicas", "How many pods are being ended",
                      [](const ReplicaSet& set, const Options&, Emitter& emitter) {
                        const auto& terminating = set.status.terminating_replicas;
                        if (terminating) emitter.sample(*terminating);
                      }),
    stable<ReplicaSet>("kube_replicaset_status_observed_generation",
                       "The generation of the desired state that the controller has seen",
                       [](const ReplicaSet& set, const Options&, Emitter& emitter) {
                         emitter.sample(static_cast<double>(set.status.observed_generation));
                       }),
    stable<ReplicaSet>("kube_replicaset_spec_replicas", "How many pods there should be",
                       [](const ReplicaSet& set, const Options&, Emitter& emitter) {
                         if (set.spec.replicas) emitter.sample(*set.spec.replicas);
                       }),
    generation_family<ReplicaSet>("kube_replicaset_metadata_generation", Stability::kStable),
    owner_family<ReplicaSet>("kube_replicaset_owner", Stability::kStable),
    annotations_family<ReplicaSet>("kube_replicaset_annotations", Stability::kAlpha),
    labels_family<ReplicaSet>("kube_replicaset_labels", Stability::kStable),
};

void set_base_labels(const ReplicaSet& set, Emitter& emitter) {
  emitter.set_base_labels({{"namespace", set.metadata.namespace_}, {"replicaset", set.metadata.name}});
}

}  // namespace

const ResourceTable<ReplicaSet> kReplicaSets{"replicasets", kube::kReplicaSets, set_base_labels, kFamilies};

}  // namespace kubevitals::state
