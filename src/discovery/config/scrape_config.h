// A job of a Prometheus configuration: what is scraped and how.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "discovery/config/discovery_section.h"
#include "discovery/config/http_client_options.h"
#include "discovery/config/scrape_settings.h"
#include "discovery/relabel/config.h"
#include "discovery/target.h"

namespace kubevitals::discovery {

// All that the incumbent accepts is read and checked; what is only about scraping itself is kept for whoever
// asks. The settings have what the section "global" says where the job says nothing.
struct ScrapeConfig : ScrapeSettings, DiscoverySection {
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  std::map<std::string, std::vector<std::string>> params;
  std::string fallback_scrape_protocol;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  bool enable_compression = true;
  std::uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  HttpClientOptions http;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> metric_relabel_configs;

  // What the making of targets needs.
  TargetOptions target_options() const;
};

// Reads an item of `scrape_configs` and complains about what is wrong; the result is of use when nothing is.
ScrapeConfig read_scrape_config(const YamlValue& value, const ReadContext& context,
                                const ScrapeSettings& global);

}  // namespace kubevitals::discovery
