#include "usage/api/metrics_path.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kubevitals::usage {

bool is_below(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::optional<MetricsPath> parse_metrics_path(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!path.starts_with("/apis/")) return std::nullopt;
  path.remove_prefix(6);
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  if (parts.size() < 3 || parts.size() > 6) return std::nullopt;
  MetricsPath found;
  found.group = std::move(parts[0]);
  found.version = std::move(parts[1]);
  const bool current =
      found.group == kMetricsGroup && (found.version == "v1beta1" || found.version == "v1alpha1");
  if (!current && (found.group != "metrics" || found.version != "v1alpha1")) return std::nullopt;
  std::size_t at = 2;
  if (parts[2] == "namespaces") {
    if (parts.size() < 5 || parts[3].empty() || parts[4] != "pods") return std::nullopt;
    found.namespace_ = std::move(parts[3]);
    at = 4;
  }
  found.resource = std::move(parts[at++]);
  if (found.resource != "nodes" && found.resource != "pods") return std::nullopt;
  if (at == parts.size()) return found;
  // A pod goes by its namespace as well.
  if (at + 1 != parts.size() || parts[at].empty()) return std::nullopt;
  if (found.resource == "pods" && found.namespace_.empty()) return std::nullopt;
  found.name = std::move(parts[at]);
  return found;
}

}  // namespace kubevitals::usage
