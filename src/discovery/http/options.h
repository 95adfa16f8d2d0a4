// http_sd_configs: target groups from a web server.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::http {

struct Options {
  std::string url;
  std::chrono::milliseconds refresh_interval{60'000};  // also a request's time-out
  HttpClientOptions client;
  friend bool operator==(const Options&, const Options&) = default;
};

// See mechanisms.h.
void read_options(YamlMapping& mapping, const ReadContext& context, Options& options);

// See DiscovererOptions::make().
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::http
