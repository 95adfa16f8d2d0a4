#include "discovery/kubernetes/unit.h"

namespace kubevitals::discovery::kubernetes {

kube::WatchScope scope_of(const UnitSettings& settings, const kube::ResourceType& resource,
                          std::optional<Role> selector) {
  kube::WatchScope scope;
  scope.resource = resource;
  if (resource.namespaced) scope.namespace_ = settings.ns;
  const auto found = selector ? settings.selectors.find(*selector) : settings.selectors.end();
  if (found != settings.selectors.end()) {
    scope.label_selector = found->second.label;
    scope.field_selector = found->second.field;
  }
  return scope;
}

std::string describe(const kube::WatchScope& scope) {
  std::string text(scope.resource.plural);
  if (!scope.resource.group.empty()) text.append(".").append(scope.resource.group);
  if (!scope.resource.namespaced) return text;
  if (scope.namespace_.empty()) return text.append(" in all namespaces");
  return text.append(" in namespace ").append(scope.namespace_);
}

}  // namespace kubevitals::discovery::kubernetes
