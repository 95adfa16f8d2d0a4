// What the items of serverset_sd_configs and nerve_sd_configs say.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::zookeeper {

// Which trees of which ZooKeeper are watched.
struct TreeOptions {
  std::vector<std::string> servers;           // "host:port", or "host" for port 2181
  std::vector<std::string> paths;             // each begins with "/"
  std::chrono::milliseconds timeout{10'000};  // of the session
  friend bool operator==(const TreeOptions&, const TreeOptions&) = default;
};

struct ServersetOptions {
  TreeOptions tree;
  friend bool operator==(const ServersetOptions&, const ServersetOptions&) = default;
};

struct NerveOptions {
  TreeOptions tree;
  friend bool operator==(const NerveOptions&, const NerveOptions&) = default;
};

void read_options(YamlMapping& mapping, const ReadContext& context, ServersetOptions& options);
void read_options(YamlMapping& mapping, const ReadContext& context, NerveOptions& options);

// Never fail.
Result<std::unique_ptr<Discoverer>> make_discoverer(const ServersetOptions& options,
                                                    const DiscovererContext& context);
Result<std::unique_ptr<Discoverer>> make_discoverer(const NerveOptions& options,
                                                    const DiscovererContext& context);

// Of both mechanisms.
std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::zookeeper
