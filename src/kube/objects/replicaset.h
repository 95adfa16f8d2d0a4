// apps/v1.ReplicaSet: k8s.io/api/apps/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct ReplicaSetSpec {
  std::optional<std::int32_t> replicas;
  friend bool operator==(const ReplicaSetSpec&, const ReplicaSetSpec&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "replicas", &ReplicaSetSpec::replicas}}; }
};

struct ReplicaSetStatus {
  std::int32_t replicas = 0;
  std::int32_t fully_labeled_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::optional<std::int32_t> terminating_replicas;
  std::int64_t observed_generation = 0;
  friend bool operator==(const ReplicaSetStatus&, const ReplicaSetStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "replicas", &ReplicaSetStatus::replicas},
                      Field{2, "fullyLabeledReplicas", &ReplicaSetStatus::fully_labeled_replicas},
                      Field{3, "observedGeneration", &ReplicaSetStatus::observed_generation},
                      Field{4, "readyReplicas", &ReplicaSetStatus::ready_replicas},
                      Field{7, "terminatingReplicas", &ReplicaSetStatus::terminating_replicas}};
  }
};

struct ReplicaSet {
  ObjectMeta metadata;
  ReplicaSetSpec spec;
  ReplicaSetStatus status;
  friend bool operator==(const ReplicaSet&, const ReplicaSet&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &ReplicaSet::metadata}, Field{2, "spec", &ReplicaSet::spec},
                      Field{3, "status", &ReplicaSet::status}};
  }
};

}  // namespace kubevitals::kube
