#include "discovery/zookeeper/options.h"

#include "discovery/config/duration.h"

namespace kubevitals::discovery::zookeeper {
namespace {

void read_tree(YamlMapping& mapping, TreeOptions& options) {
  mapping.read("servers", options.servers);
  mapping.read("paths", options.paths);
  read_duration(mapping, "timeout", options.timeout);
  if (options.servers.empty()) mapping.complain("servers", "at least one server is needed");
  if (options.paths.empty()) mapping.complain("paths", "at least one path is needed");
  for (const std::string& path : options.paths) {
    if (!path.starts_with('/')) mapping.complain("paths", "a path must begin with \"/\": " + path);
  }
  if (options.timeout.count() <= 0) mapping.complain("timeout", "must be greater than zero");
}

}  // namespace

void read_options(YamlMapping& mapping, const ReadContext&, ServersetOptions& options) {
  read_tree(mapping, options.tree);
}

void read_options(YamlMapping& mapping, const ReadContext&, NerveOptions& options) {
  read_tree(mapping, options.tree);
}

std::vector<exposition::MetricFamily> metric_families() {
  using exposition::MetricKind;
  return {
      {"prometheus_treecache_zookeeper_failures_total",
       MetricKind::kCounter,
       "Failures of ZooKeeper, lost connections among them.",
       {}},
      {"prometheus_treecache_watcher_goroutines",
       MetricKind::kGauge,
       "Nodes of ZooKeeper that are watched.",
       {}},
  };
}

}  // namespace kubevitals::discovery::zookeeper
