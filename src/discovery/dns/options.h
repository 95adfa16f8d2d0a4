// What a dns_sd_configs item says.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "discovery/dns/message.h"
#include "discovery/mechanisms.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::dns {

struct Options {
  std::vector<std::string> names;
  RecordType type = RecordType::kSrv;
  std::int64_t port = 0;  // of the targets, where the record has none
  std::chrono::milliseconds refresh_interval{30'000};
  friend bool operator==(const Options&, const Options&) = default;
};

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options);

// Looks the names up in each interval; never fails.
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

// What discoverers count, besides what the refresh loop does.
std::vector<exposition::MetricFamily> metric_families();

}  // namespace kubevitals::discovery::dns
