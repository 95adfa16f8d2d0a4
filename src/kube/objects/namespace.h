// v1.Namespace: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

using NamespaceCondition = BasicCondition<2, 4, 5>;

struct NamespaceStatus {
  std::string_view phase;
  std::vector<NamespaceCondition> conditions;
  friend bool operator==(const NamespaceStatus&, const NamespaceStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "phase", &NamespaceStatus::phase},
                      Field{2, "conditions", &NamespaceStatus::conditions}};
  }
};

struct Namespace {
  ObjectMeta metadata;
  NamespaceStatus status;
  friend bool operator==(const Namespace&, const Namespace&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Namespace::metadata}, Field{3, "status", &Namespace::status}};
  }
};

}  // namespace kubevitals::kube
