// apps/v1.Deployment: k8s.io/api/apps/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct RollingUpdateDeployment {
  std::optional<IntOrString> max_unavailable;
  std::optional<IntOrString> max_surge;
  friend bool operator==(const RollingUpdateDeployment&, const RollingUpdateDeployment&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "maxUnavailable", &RollingUpdateDeployment::max_unavailable},
                      Field{2, "maxSurge", &RollingUpdateDeployment::max_surge}};
  }
};

struct DeploymentStrategy {
  std::optional<RollingUpdateDeployment> rolling_update;
  friend bool operator==(const DeploymentStrategy&, const DeploymentStrategy&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{2, "rollingUpdate", &DeploymentStrategy::rolling_update}};
  }
};

struct DeploymentSpec {
  std::optional<std::int32_t> replicas;
  DeploymentStrategy strategy;
  bool paused = false;
  friend bool operator==(const DeploymentSpec&, const DeploymentSpec&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "replicas", &DeploymentSpec::replicas},
                      Field{4, "strategy", &DeploymentSpec::strategy},
                      Field{7, "paused", &DeploymentSpec::paused}};
  }
};

using DeploymentCondition = BasicCondition<2, 7, 4>;

struct DeploymentStatus {
  std::int64_t observed_generation = 0;
  std::int32_t replicas = 0;
  std::int32_t updated_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::int32_t unavailable_replicas = 0;
  std::optional<std::int32_t> terminating_replicas;
  std::vector<DeploymentCondition> conditions;
  friend bool operator==(const DeploymentStatus&, const DeploymentStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "observedGeneration", &DeploymentStatus::observed_generation},
                      Field{2, "replicas", &DeploymentStatus::replicas},
                      Field{3, "updatedReplicas", &DeploymentStatus::updated_replicas},
                      Field{4, "availableReplicas", &DeploymentStatus::available_replicas},
                      Field{5, "unavailableReplicas", &DeploymentStatus::unavailable_replicas},
                      Field{6, "conditions", &DeploymentStatus::conditions},
                      Field{7, "readyReplicas", &DeploymentStatus::ready_replicas},
                      Field{9, "terminatingReplicas", &DeploymentStatus::terminating_replicas}};
  }
};

struct Deployment {
  ObjectMeta metadata;
  DeploymentSpec spec;
  DeploymentStatus status;
  friend bool operator==(const Deployment&, const Deployment&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Deployment::metadata}, Field{2, "spec", &Deployment::spec},
                      Field{3, "status", &Deployment::status}};
  }
};

}  // namespace kubevitals::kube
