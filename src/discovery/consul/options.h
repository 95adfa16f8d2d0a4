// What a consul_sd_configs item says.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::consul {

struct Options {
  std::string server = "localhost:8500";
  std::string path_prefix;
  std::string scheme = "http";
  Secret token;
  std::string datacenter;  // empty: the agent's own
  std::string name_space;  // "namespace"
  std::string partition;
  std::string tag_separator = ",";
  bool allow_stale = true;
  std::chrono::milliseconds refresh_interval{30'000};  // the least time between two queries of one watch
  std::vector<std::string> services;                   // empty: all
  std::vector<std::string> tags;                       // a service must have all of them
  std::map<std::string, std::string> node_meta;
  std::string filter;         // of the catalog
  std::string health_filter;  // of a service's instances
  HttpClientOptions http;
  friend bool operator==(const Options&, const Options&) = default;

  // Whether the catalog says which services there are; otherwise `services` does.
  bool watches_catalog() const { return services.empty() || !tags.empty() || !filter.empty(); }
};

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options);

// Fails when the HTTP client cannot be made.
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::consul
