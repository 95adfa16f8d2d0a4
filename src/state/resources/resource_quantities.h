// Samples of lists of resources: {"cpu": "100m", "memory": "1Gi", "nvidia.com/gpu": "1"}.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "exposition/emitter.h"
#include "kube/objects/meta.h"

namespace kubevitals::state {

enum class QuantityRounding {
  kMilli,  // up to a thousandth
  kWhole,  // up to a whole unit
};

// A quantity as a sample value; nullopt when it is none. Beyond what fits an int64 in thousandths it is
// always rounded to a whole unit (KSM, convertValueToFloat64).
std::optional<double> quantity_value(std::string_view quantity, QuantityRounding rounding);

// What a kind of object allows in its list besides cpu, memory, storage, huge pages, attachable volumes and
// extended resources.
struct QuantityRules {
  QuantityRounding rounding =
      QuantityRounding::kMilli;  // of all but cpu, which is always rounded to a thousandth
  bool pods = false;             // whether "pods" counts
};

// A sample for each resource of the list, with `labels` (four at most), then "resource" and "unit" (core,
// byte or integer). What is neither native nor a valid extended resource is left out: "requests.*", anything
// with "kubernetes.io/", unknown names without a slash.
void emit_resource_list(const kube::ResourceList& list, const QuantityRules& rules,
                        std::initializer_list<exposition::Label> labels, exposition::Emitter& emitter);

}  // namespace kubevitals::state
