#include "kube/objects/deployment.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "state/resources/common.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::Deployment;

enum class Round { kDown, kUp };

// A whole number as Go's strconv.Atoi reads it.
std::optional<std::int64_t> parse_int(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number of pods, or a percentage of `total`; nullopt for any other string (intstr's rules).
std::optional<double> scaled_value(const kube::IntOrString& value, std::int32_t total, Round round) {
  if (!value.is_string) return value.int_value;
  std::string_view text = value.string_value;
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::optional<std::int64_t> percent = parse_int(text);
  if (!percent) return std::nullopt;
  const double exact = static_cast<double>(*percent) * static_cast<double>(total) / 100;
  const double pods = round == Round::kDown ? std::floor(exact) : std::ceil(exact);
  // Beyond an int64 Go's conversion to int gives the smallest one.
  constexpr double kBeyondInt64 = 0x1p63;
  return pods >= kBeyondInt64 ? -kBeyondInt64 : std::max(pods, -kBeyondInt64);
}

template <std::optional<kube::IntOrString> kube::RollingUpdateDeployment::*kField, Round kRound>
void rolling_update(const Deployment& deployment, const Options&, Emitter& emitter) {
  const auto& update = deployment.spec.strategy.rolling_update;
  if (!update || !deployment.spec.replicas) return;
  const std::optional<kube::IntOrString>& field = (*update).*kField;
  if (!field) return;
  if (const auto value = scaled_value(*field, *deployment.spec.replicas, kRound)) emitter.sample(*value);
}

// Reasons other than the controller's own are made one, so that their number stays bounded.
std::string_view known_reason(std::string_view reason) {
  static constexpr std::string_view kReasons[] = {"",
                                                  "ReplicaSetUpdated",
                                                  "ReplicaSetCreateError",
                                                  "NewReplicaSetCreated",
                                                  "FoundNewReplicaSet",
                                                  "NewReplicaSetAvailable",
                                                  "ProgressDeadlineExceeded",
                                                  "DeploymentPaused",
                                                  "DeploymentResumed",
                                                  "MinimumReplicasAvailable",
                                                  "MinimumReplicasUnavailable"};
  return std::find(std::begin(kReasons), std::end(kReasons), reason) == std::end(kReasons) ? "unknown"
                                                                                           : reason;
}

void conditions(const Deployment& deployment, const Options&, Emitter& emitter) {
  for (const kube::DeploymentCondition& condition : deployment.status.conditions) {
    emitter.condition({{"reason", known_reason(condition.reason)}, {"condition", condition.type}}, "status",
                      condition.status);
  }
}

// Without saying which owner is the controller, unlike elsewhere.
void owners(const Deployment& deployment, const Options&, Emitter& emitter) {
  for (const kube::OwnerReference& owner : deployment.metadata.owner_references) {
    emitter.sample({{"owner_kind", owner.kind}, {"owner_name", owner.name}}, 1);
  }
  if (deployment.metadata.owner_references.empty()) {
    emitter.sample({{"owner_kind", ""}, {"owner_name", ""}}, 1);
  }
}

template <std::int32_t kube::DeploymentStatus::*kField>
void status_count(const Deployment& deployment, const Options&, Emitter& emitter) {
  emitter.sample(deployment.status.*kField);
}

using Status = kube::DeploymentStatus;
using RollingUpdate = kube::RollingUpdateDeployment;

constexpr Family<Deployment> kFamilies[] = {
    alpha<Deployment>("kube_deployment_owner", "The objects that own this one", owners),
    created_family<Deployment>("kube_deployment_created", Stability::kStable),
    stable<Deployment>("kube_deployment_status_replicas", "How many pods there are",
                       status_count<&Status::replicas>),
    stable<Deployment>("kube_deployment_status_replicas_ready", "How many pods are ready",
                       status_count<&Status::ready_replicas>),
    stable<Deployment>("kube_deployment_status_replicas_available",
                       "How many pods have been ready for long enough",
                       status_count<&Status::available_replicas>),
    stable<Deployment>("kube_deployment_status_replicas_unavailable",
                       "How many pods are missing or not available",
                       status_count<&Status::unavailable_replicas>),
    stable<Deployment>("kube_deployment_status_replicas_updated", "How many pods have the current template",
                       status_count<&Status::updated_replicas>),
    alpha<Deployment>("kube_deployment_status_terminating_replicas", "How many pods are being ended",
                      [](const Deployment& deployment, const Options&, Emitter& emitter) {
                        const auto& terminating = deployment.status.terminating_replicas;
                        if (terminating) emitter.sample(*terminating);
                      }),
    stable<Deployment>("kube_deployment_status_observed_generation",
                       "The generation of the desired state that the controller has seen",
                       [](const Deployment& deployment, const Options&, Emitter& emitter) {
                         emitter.sample(static_cast<double>(deployment.status.observed_generation));
                       }),
    stable<Deployment>("kube_deployment_status_condition",
                       "The deployment's conditions: 1 on the status that each one has", conditions),
    stable<Deployment>("kube_deployment_spec_replicas", "How many pods there should be",
                       [](const Deployment& deployment, const Options&, Emitter& emitter) {
                         if (deployment.spec.replicas) emitter.sample(*deployment.spec.replicas);
                       }),
    stable<Deployment>("kube_deployment_spec_paused", "Whether the controller leaves the deployment alone",
                       [](const Deployment& deployment, const Options&, Emitter& emitter) {
                         emitter.sample(number(deployment.spec.paused));
                       }),
    stable<Deployment>("kube_deployment_spec_strategy_rollingupdate_max_unavailable",
                       "How many pods may be missing during a rolling update",
                       rolling_update<&RollingUpdate::max_unavailable, Round::kDown>),
    stable<Deployment>("kube_deployment_spec_strategy_rollingupdate_max_surge",
                       "How many pods there may be beyond the desired number during a rolling update",
                       rolling_update<&RollingUpdate::max_surge, Round::kUp>),
    generation_family<Deployment>("kube_deployment_metadata_generation", Stability::kStable),
    deletion_timestamp_family<Deployment>("kube_deployment_deletion_timestamp", Stability::kAlpha),
    annotations_family<Deployment>("kube_deployment_annotations", Stability::kAlpha),
    labels_family<Deployment>("kube_deployment_labels", Stability::kStable),
};

void set_base_labels(const Deployment& deployment, Emitter& emitter) {
  emitter.set_base_labels(
      {{"namespace", deployment.metadata.namespace_}, {"deployment", deployment.metadata.name}});
}

}  // namespace

const ResourceTable<Deployment> kDeployments{"deployments", kube::kDeployments, set_base_labels, kFamilies};

}  // namespace kubevitals::state
