// file_sd_configs: target groups from files.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::file {

struct Options {
  std::vector<std::string> files;  // patterns, absolute or relative to where the program runs
  std::chrono::milliseconds refresh_interval{300'000};
  friend bool operator==(const Options&, const Options&) = default;
};

// Whether a path may be configured: a star stands in its last element only, and it ends in .json, .yml or
// .yaml, all small or all capital letters.
bool is_file_pattern(std::string_view path);

// See mechanisms.h.
void read_options(YamlMapping& mapping, const ReadContext& context, Options& options);

// See DiscovererOptions::make().
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::file
