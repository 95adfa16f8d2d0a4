// batch/v1.Job: k8s.io/api/batch/v1. Only whose it is matters so far.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct Job {
  ObjectMeta metadata;
  friend bool operator==(const Job&, const Job&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "metadata", &Job::metadata}}; }
};

}  // namespace kubevitals::kube
