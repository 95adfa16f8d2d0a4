#include "kube/objects/namespace.h"

#include "state/resources/common.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::Namespace;

constexpr Family<Namespace> kFamilies[] = {
    created_family<Namespace>("kube_namespace_created", Stability::kStable),
    annotations_family<Namespace>("kube_namespace_annotations", Stability::kAlpha),
    labels_family<Namespace>("kube_namespace_labels", Stability::kStable),
    stable<Namespace>("kube_namespace_status_phase", "The namespace's phase: 1 on the current one",
                      [](const Namespace& ns, const Options&, Emitter& emitter) {
                        for (const std::string_view phase : {"Active", "Terminating"}) {
                          emitter.sample({{"phase", phase}}, number(ns.status.phase == phase));
                        }
                      }),
    conditions_family<Namespace>("kube_namespace_status_condition", Stability::kAlpha),
};

void set_base_labels(const Namespace& ns, Emitter& emitter) {
  emitter.set_base_labels({{"namespace", ns.metadata.name}});
}

}  // namespace

const ResourceTable<Namespace> kNamespaces{"namespaces", kube::kNamespaces, set_base_labels, kFamilies};

}  // namespace kubevitals::state
