// The resource metrics API, which kubectl top and autoscalers ask: as metrics-server has it, and as Heapster
// had it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_server.h"
#include "usage/api/media_type.h"
#include "usage/api/metrics_objects.h"
#include "usage/api/metrics_path.h"
#include "usage/directory/directory.h"
#include "usage/store/usage_store.h"

namespace kubevitals::usage {

// All outlive the API.
struct ResourceMetricsSources {
  const UsageStore* store = nullptr;
  const Directory* directory = nullptr;
  const Clock* clock = nullptr;
  // What is wrong with a node: "not scraped since …: connection refused". Empty: nothing. May be null.
  std::function<std::string(std::string_view node)> trouble;
};

// Answers
//   /apis, /apis/metrics.k8s.io, /apis/metrics.k8s.io/v1beta1       what there is
//   …/v1beta1/nodes[/N], /pods, /namespaces/NS/pods[/P]             see media_type.h; only pods that run
//   /apis/metrics.k8s.io/v1alpha1/…, /apis/metrics/v1alpha1/…       the same in Heapster's shape; all pods
//   other paths below /apis/metrics.k8s.io                          a Status
// Lists take labelSelector and fieldSelector (metadata.name, metadata.namespace) and are written while they
// are sent; limit and continue have no meaning. Thread-safe.
class ResourceMetricsApi {
 public:
  ResourceMetricsApi(ResourceMetricsSources sources, asio::any_io_executor workers)
      : sources_(std::move(sources)), workers_(std::move(workers)) {}

  // Of a GET; nothing when the path is none of these.
  std::optional<net::ServerResponse> answer(const net::ServerRequest& request) const;

 private:
  net::ServerResponse resource(const net::ServerRequest& request, const MetricsPath& path) const;
  net::ServerResponse list(const net::ServerRequest& request, const MetricsPath& path,
                           const MediaType& media) const;
  net::ServerResponse one(const net::ServerRequest& request, const MetricsPath& path,
                          const MediaType& media) const;
  net::ServerResponse missing(const net::ServerRequest& request, const MetricsPath& path, bool heapster,
                              bool exists, std::string_view why) const;
  std::string why_not(const PodInfo& pod) const;
  std::string why_no_node(std::string_view node) const;
  Nanos now() const;

  const ResourceMetricsSources sources_;
  const asio::any_io_executor workers_;
};

}  // namespace kubevitals::usage
