#include "state/scopes.h"

#include <algorithm>
#include <string_view>

namespace kubevitals::state {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// In the order given, each once.
std::vector<std::string> clean(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::string& raw : names) {
    const std::size_t begin = raw.find_first_not_of(kSpaces);
    if (begin == std::string::npos) continue;
    std::string name = raw.substr(begin, raw.find_last_not_of(kSpaces) + 1 - begin);
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(std::move(name));
  }
  return result;
}

// As k8s.io/apimachinery/pkg/fields escapes values.
std::string escaped(std::string_view value) {
  std::string result;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') result.push_back('\\');
    result.push_back(c);
  }
  return result;
}

bool by_node(const ScopeOptions& options) {
  return options.unscheduled_pods || !options.node.empty();
}

}  // namespace

bool can_follow(const Resource& resource, const ScopeOptions& options) {
  return !by_node(options) || !resource.type.namespaced || resource.name == "pods";
}

std::vector<kube::WatchScope> scopes_of(const Resource& resource, const ScopeOptions& options) {
  if (!can_follow(resource, options)) return {};
  kube::WatchScope scope;
  scope.resource = resource.type;
  if (!resource.type.namespaced) return {scope};

  const std::vector<std::string> denied = clean(options.namespaces_denylist);
  const std::vector<std::string> wanted = clean(options.namespaces);
  const auto require = [&](const std::string& term) {
    scope.field_selector.append(scope.field_selector.empty() ? "" : ",").append(term);
  };
  if (wanted.empty()) {
    for (const std::string& name : denied) require("metadata.namespace!=" + escaped(name));
  }
  if (by_node(options)) require("spec.nodeName=" + escaped(options.unscheduled_pods ? "" : options.node));
  if (wanted.empty()) return {scope};

  std::vector<kube::WatchScope> scopes;
  for (const std::string& name : wanted) {
    if (std::find(denied.begin(), denied.end(), name) != denied.end()) continue;
    scope.namespace_ = name;
    scopes.push_back(scope);
  }
  return scopes;
}

}  // namespace kubevitals::state
