// v1.ObjectReference: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct ObjectReference {
  std::string_view kind;
  std::string_view namespace_;
  std::string_view name;
  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "kind", &ObjectReference::kind},
                      Field{2, "namespace", &ObjectReference::namespace_},
                      Field{3, "name", &ObjectReference::name}};
  }
};

}  // namespace kubevitals::kube
