// A resource of the state pillar: which objects, which labels every sample has, which families.
#pragma once

#include <span>
#include <string_view>

#include "kube/resource_type.h"
#include "state/family.h"

namespace kubevitals::state {

template <typename T>
struct ResourceTable {
  using Object = T;

  std::string_view name;  // as --resources takes it; the plural
  kube::ResourceType type;
  void (*set_base_labels)(const T& object, exposition::Emitter& emitter);
  std::span<const Family<T>> families;  // in the order in which they are exposed
};

}  // namespace kubevitals::state
