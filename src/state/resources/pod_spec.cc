#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <tuple>

#include "state/resources/pod_families.h"
#include "state/resources/resource_quantities.h"

namespace kubevitals::state::pod {
namespace {

// The claim behind a volume.
struct Claim {
  std::string_view name;
  std::string_view ephemeral;  // "true" or "false"
  bool read_only = false;
};

// Calls `emit(volume, claim)` for each volume that is backed by a claim. That of an ephemeral volume is
// called
// "<pod>-<volume>" and is never read-only.
template <typename Emit>
void for_each_claim(const kube::Pod& pod, Emit emit) {
  std::string generated;
  for (const kube::Volume& volume : pod.spec.volumes) {
    if (const auto& source = volume.source.persistent_volume_claim) {
      emit(volume, Claim{source->claim_name, "false", source->read_only});
    } else if (volume.source.ephemeral) {
      generated.assign(pod.metadata.name).append("-").append(volume.name);
      emit(volume, Claim{generated, "true", false});
    }
  }
}

// The claim that the kubelet made from a template: in the status under the pod's own name for it.
std::string_view resolved_claim(const kube::Pod& pod, std::string_view name) {
  const auto& statuses = pod.status.resource_claim_statuses;
  const auto found = std::find_if(statuses.rbegin(), statuses.rend(), [name](const auto& status) {
    return status.name == name && status.resource_claim_name.has_value();
  });
  return found == statuses.rend() ? std::string_view() : *found->resource_claim_name;
}

void emit_toleration(const kube::Toleration& toleration, Emitter& emitter) {
  char buffer[24];
  std::string_view seconds;
  if (toleration.toleration_seconds) {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, *toleration.toleration_seconds).ptr;
    seconds = std::string_view(buffer, static_cast<std::size_t>(end - buffer));
  }
  emitter.sample({{"key", toleration.key},
                  {"operator", toleration.op},
                  {"value", toleration.value},
                  {"effect", toleration.effect},
                  {"toleration_seconds", seconds}},
                 1);
}

void emit_overhead(const kube::Pod& pod, std::string_view name, QuantityRounding rounding, Emitter& emitter) {
  for (const auto& [resource, quantity] : pod.spec.overhead) {
    if (resource != name) continue;
    if (const auto value = quantity_value(quantity, rounding)) emitter.sample(*value);
  }
}

}  // namespace

void info(const kube::Pod& pod, const Options&, Emitter& emitter) {
  const auto& owners = pod.metadata.owner_references;
  const auto controller =
      std::find_if(owners.begin(), owners.end(), [](const auto& owner) { return owner.controller == true; });
  const bool controlled = controller != owners.end();
  emitter.sample({{"host_ip", pod.status.host_ip},
                  {"pod_ip", pod.status.pod_ip},
                  {"node", pod.spec.node_name},
                  {"created_by_kind", controlled ? controller->kind : std::string_view()},
                  {"created_by_name", controlled ? controller->name : std::string_view()},
                  {"priority_class", pod.spec.priority_class_name},
                  {"host_network", boolean_text(pod.spec.host_network)}},
                 1);
}

void persistent_volume_claims(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for_each_claim(pod, [&](const kube::Volume& volume, const Claim& claim) {
    emitter.sample(
        {{"volume", volume.name}, {"persistentvolumeclaim", claim.name}, {"ephemeral", claim.ephemeral}}, 1);
  });
}

void read_only_claims(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for_each_claim(pod, [&](const kube::Volume& volume, const Claim& claim) {
    emitter.sample(
        {{"volume", volume.name}, {"persistentvolumeclaim", claim.name}, {"ephemeral", claim.ephemeral}},
        number(claim.read_only));
  });
}

void resource_claims(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::PodResourceClaim& claim : pod.spec.resource_claims) {
    if (!claim.resource_claim_name && !claim.resource_claim_template_name) continue;
    const std::string_view resolved =
        claim.resource_claim_name ? *claim.resource_claim_name : resolved_claim(pod, claim.name);
    emitter.sample({{"claim_name", claim.name},
                    {"resourceclaim_name", resolved},
                    {"resourceclaim_template_name", claim.resource_claim_template_name.value_or("")}},
                   1);
  }
}

// Equal tolerations would be the same series twice, which Prometheus refuses.
void tolerations(const kube::Pod& pod, const Options&, Emitter& emitter) {
  constexpr std::size_t kFew = 16;  // pods have two or three
  const auto& all = pod.spec.tolerations;
  if (all.size() <= kFew) {
    for (auto current = all.begin(); current != all.end(); ++current) {
      if (std::find(all.begin(), current, *current) == current) emit_toleration(*current, emitter);
    }
    return;
  }
  using Key = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view,
                         std::optional<std::int64_t>>;
  std::set<Key> seen;
  for (const kube::Toleration& t : all) {
    if (seen.emplace(t.key, t.op, t.value, t.effect, t.toleration_seconds).second)
      emit_toleration(t, emitter);
  }
}

void overhead_cpu(const kube::Pod& pod, const Options&, Emitter& emitter) {
  emit_overhead(pod, "cpu", QuantityRounding::kMilli, emitter);
}

void overhead_memory(const kube::Pod& pod, const Options&, Emitter& emitter) {
  emit_overhead(pod, "memory", QuantityRounding::kWhole, emitter);
}

}  // namespace kubevitals::state::pod
