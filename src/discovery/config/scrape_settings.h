// What a job of a Prometheus configuration inherits from its section "global".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/mechanisms.h"
#include "discovery/relabel/config.h"

namespace kubevitals::discovery {

// The initial values are those of an empty configuration. Limits: 0 is none.
struct ScrapeSettings {
  std::chrono::milliseconds scrape_interval{60'000};
  std::chrono::milliseconds scrape_timeout{10'000};
  std::optional<std::vector<std::string>> scrape_protocols;  // most wanted first; none: the usual ones
  std::string scrape_failure_log_file;
  std::int64_t body_size_limit = 0;  // bytes
  std::uint64_t sample_limit = 0;
  std::uint64_t target_limit = 0;
  std::uint64_t label_limit = 0;
  std::uint64_t label_name_length_limit = 0;
  std::uint64_t label_value_length_limit = 0;
  std::uint64_t keep_dropped_targets = 0;  // how many of a job are kept to be shown
  NameValidation metric_name_validation_scheme = NameValidation::kUtf8;
  std::string metric_name_escaping_scheme = "allow-utf-8";
  bool scrape_native_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false;
  bool extra_scrape_metrics = false;

  friend bool operator==(const ScrapeSettings&, const ScrapeSettings&) = default;
};

// Reads the settings among a section's other keys. What is not given, null or zero is as in `inherited`; the
// time-out is no longer than the interval unless it is given so, which is refused.
ScrapeSettings read_scrape_settings(YamlMapping& mapping, const ReadContext& context,
                                    const ScrapeSettings& inherited);

// Complains when the name of an exposition format is not known. Names have cases.
void check_scrape_protocol(const YamlValue& value, const std::string& name);

}  // namespace kubevitals::discovery
