#include "discovery/config/scrape_config.h"

#include "base/utf8.h"

namespace kubevitals::discovery {
namespace {

// The formats that are asked for when nobody says otherwise.
std::vector<std::string> default_protocols(bool native_histograms) {
  std::vector<std::string> protocols;
  if (native_histograms) protocols.emplace_back("PrometheusProto");
  for (const char* const text :
       {"OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"}) {
    protocols.emplace_back(text);
  }
  return protocols;
}

void read_params(const YamlValue& value, std::map<std::string, std::vector<std::string>>& out) {
  for (const auto& [name, values] : value.members()) {
    if (!values.read(out[name])) out.erase(name);
  }
}

void read_request(YamlMapping& mapping, ScrapeConfig& out) {
  mapping.read("honor_labels", out.honor_labels);
  mapping.read("honor_timestamps", out.honor_timestamps);
  mapping.read("track_timestamps_staleness", out.track_timestamps_staleness);
  read_params(mapping.get("params"), out.params);
  mapping.read("metrics_path", out.metrics_path);
  mapping.read("scheme", out.scheme);
  mapping.read("enable_compression", out.enable_compression);
  if (mapping.read("fallback_scrape_protocol", out.fallback_scrape_protocol) &&
      !out.fallback_scrape_protocol.empty()) {
    check_scrape_protocol(mapping.get("fallback_scrape_protocol"), out.fallback_scrape_protocol);
  }
  mapping.read("native_histogram_bucket_limit", out.native_histogram_bucket_limit);
  mapping.read("native_histogram_min_bucket_factor", out.native_histogram_min_bucket_factor);
}

}  // namespace

TargetOptions ScrapeConfig::target_options() const {
  TargetOptions options;
  options.job_name = job_name;
  options.scrape_interval = scrape_interval;
  options.scrape_timeout = scrape_timeout;
  options.metrics_path = metrics_path;
  options.scheme = scheme;
  options.params = params;
  options.convert_classic_histograms_to_nhcb = convert_classic_histograms_to_nhcb;
  options.always_scrape_classic_histograms = always_scrape_classic_histograms;
  options.scrape_native_histograms = scrape_native_histograms;
  options.validation = metric_name_validation_scheme;
  options.relabel_configs = relabel_configs;
  return options;
}

ScrapeConfig read_scrape_config(const YamlValue& value, const ReadContext& context,
                                const ScrapeSettings& global) {
  ScrapeConfig job;
  if (value.is_null()) {
    value.complain("empty or null scrape config section");
    return job;
  }
  YamlMapping mapping(value);
  mapping.read("job_name", job.job_name);
  if (job.job_name.empty()) mapping.complain("job_name", "job_name is empty");
  if (!is_utf8(job.job_name)) mapping.complain("job_name", "the value is not valid UTF-8");
  static_cast<ScrapeSettings&>(job) = read_scrape_settings(mapping, context, global);
  if (job.metric_name_escaping_scheme == "allow-utf-8" &&
      job.metric_name_validation_scheme != NameValidation::kUtf8) {
    mapping.complain("metric_name_escaping_scheme",
                     "utf8 metric names requested but validation scheme is not set to UTF8");
  }
  if (!job.scrape_protocols) job.scrape_protocols = default_protocols(job.scrape_native_histograms);
  read_request(mapping, job);
  read_http_client_options(mapping, context, job.http);

  const NameValidation scheme = job.metric_name_validation_scheme;
  const YamlValue rules = mapping.get("relabel_configs");
  job.relabel_configs = read_relabel_configs(rules, scheme, "target");
  job.metric_relabel_configs = read_relabel_configs(mapping.get("metric_relabel_configs"), scheme, "metric");
  read_discovery(mapping, context, rules.is_list() && rules.node().size() > 0, job);
  mapping.finish();
  return job;
}

}  // namespace kubevitals::discovery
