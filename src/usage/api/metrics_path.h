// The paths of the resource metrics API.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubevitals::usage {

inline constexpr std::string_view kMetricsGroup = "metrics.k8s.io";
inline constexpr std::string_view kMetricsRoot = "/apis/metrics.k8s.io";
inline constexpr std::string_view kMetricsGroupVersion = "metrics.k8s.io/v1beta1";

struct MetricsPath {
  std::string group;       // "metrics.k8s.io"; of the first version "metrics"
  std::string version;     // "v1beta1", "v1alpha1"
  std::string resource;    // "nodes", "pods"
  std::string namespace_;  // empty: all
  std::string name;        // empty: a list
};

// Whether it is this root itself, or below.
bool is_below(std::string_view path, std::string_view root);

// "/apis/metrics.k8s.io/v1beta1/namespaces/NS/pods/POD" and so on; nothing when it is none. A slash at the
// end makes no difference.
std::optional<MetricsPath> parse_metrics_path(std::string_view path);

}  // namespace kubevitals::usage
