#include "kube/resource_type.h"

namespace kubevitals::kube {

std::string ResourceType::path(std::string_view ns) const {
  std::string path = group.empty() ? "/api/" : "/apis/";
  if (!group.empty()) path.append(group).append("/");
  path.append(version);
  if (!ns.empty()) path.append("/namespaces/").append(ns);
  return path.append("/").append(plural);
}

}  // namespace kubevitals::kube
