// Prometheus' configuration files, as far as discovery is concerned.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "discovery/config/config_files.h"
#include "discovery/config/discovery_section.h"
#include "discovery/config/http_client_options.h"
#include "discovery/config/scrape_config.h"
#include "discovery/config/scrape_settings.h"
#include "discovery/relabel/config.h"

namespace kubevitals::discovery {

struct GlobalConfig : ScrapeSettings {
  std::chrono::milliseconds evaluation_interval{60'000};
  std::chrono::milliseconds rule_query_offset{0};
  std::string query_log_file;
  std::map<std::string, std::string> external_labels;  // with environment variables put in
};

// A group of Alertmanagers and how they are found.
struct AlertmanagerConfig : DiscoverySection {
  std::string scheme = "http";
  std::string path_prefix;
  std::chrono::milliseconds timeout{10'000};
  std::string api_version = "v2";
  HttpClientOptions http;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> alert_relabel_configs;
};

struct Config {
  GlobalConfig global;
  // The file's own first, then those of scrape_config_files in order. No two have the same job_name.
  std::vector<ScrapeConfig> scrape_configs;
  std::vector<AlertmanagerConfig> alertmanagers;
  std::vector<RelabelConfig> alert_relabel_configs;
  std::vector<std::string> scrape_config_files;  // patterns, joined to the file's directory
  std::string yaml;                              // see format_config()
};

// Reads a configuration and the files that it imports. kInvalid with everything that is wrong, one problem a
// line: "<file>:<line>: <path>: <cause>". Secrets get into no message. What is about rules, storage and the
// like is accepted without a look.
Result<Config> load_config(const std::string& path);

// The same for a text that stands in a file of this name. Imported files come from `files`.
Result<Config> parse_config(const std::string& text, const std::string& file,
                            const ConfigFiles& files = system_config_files());

// The configuration as YAML, to be shown: what the file says, with merge keys and aliases resolved, imported
// jobs among the others, and "<secret>" in place of secrets.
std::string format_config(const Config& config);

}  // namespace kubevitals::discovery
