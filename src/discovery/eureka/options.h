// eureka_sd_configs: the instances that a Eureka server knows.
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

namespace kubevitals::discovery::eureka {

struct Options {
  std::string server;                                  // the URL below which there is /apps
  std::chrono::milliseconds refresh_interval{30'000};  // also a request's time-out
  HttpClientOptions client;
  friend bool operator==(const Options&, const Options&) = default;
};

// See mechanisms.h.
void read_options(YamlMapping& mapping, const ReadContext& context, Options& options);

// See DiscovererOptions::make().
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

// None beside those of the refresh loop.
std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::eureka
