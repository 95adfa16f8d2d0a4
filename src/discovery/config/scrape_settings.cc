#include "discovery/config/scrape_settings.h"

#include <algorithm>
#include <set>

#include "base/go_text.h"
#include "discovery/config/byte_size.h"
#include "discovery/config/duration.h"

namespace kubevitals::discovery {
namespace {

constexpr std::string_view kProtocols[] = {"OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto",
                                           "PrometheusText0.0.4", "PrometheusText1.0.0"};

template <typename T>
void read_unless_zero(YamlMapping& mapping, std::string_view key, T& out) {
  T value{};
  if (mapping.read(key, value) && value != T{}) out = std::move(value);
}

// True and false are both given; null is not.
void read_switch(YamlMapping& mapping, std::string_view key, bool& out) {
  std::optional<bool> value;
  mapping.read(key, value);
  out = value.value_or(out);
}

void read_times(YamlMapping& mapping, const ScrapeSettings& inherited, ScrapeSettings& out) {
  std::chrono::milliseconds interval{0};
  std::chrono::milliseconds timeout{0};
  read_duration(mapping, "scrape_interval", interval);
  read_duration(mapping, "scrape_timeout", timeout);
  if (interval.count() != 0) out.scrape_interval = interval;
  if (timeout.count() == 0) {
    out.scrape_timeout = std::min(inherited.scrape_timeout, out.scrape_interval);
    return;
  }
  out.scrape_timeout = timeout;
  if (timeout > out.scrape_interval) {
    mapping.complain("scrape_timeout", "scrape timeout greater than scrape interval, which is " +
                                           format_prometheus_duration(out.scrape_interval));
  }
}

void read_protocols(YamlMapping& mapping, ScrapeSettings& out) {
  const YamlValue list = mapping.get("scrape_protocols");
  if (list.is_missing() || list.is_null()) return;
  std::vector<std::string>& protocols = out.scrape_protocols.emplace();
  if (!list.read(protocols)) return;
  if (protocols.empty()) list.complain("scrape_protocols cannot be empty");
  std::set<std::string> known;
  const std::vector<YamlValue> items = list.items();
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if (!known.insert(to_lower(protocols[i])).second) {
      items[i].complain("duplicated protocol in scrape_protocols");
    } else {
      check_scrape_protocol(items[i], protocols[i]);
    }
  }
}

void read_limits(YamlMapping& mapping, ScrapeSettings& out) {
  std::int64_t body_size_limit = 0;
  read_byte_size(mapping, "body_size_limit", body_size_limit);
  if (body_size_limit != 0) out.body_size_limit = body_size_limit;
  read_unless_zero(mapping, "sample_limit", out.sample_limit);
  read_unless_zero(mapping, "target_limit", out.target_limit);
  read_unless_zero(mapping, "label_limit", out.label_limit);
  read_unless_zero(mapping, "label_name_length_limit", out.label_name_length_limit);
  read_unless_zero(mapping, "label_value_length_limit", out.label_value_length_limit);
  read_unless_zero(mapping, "keep_dropped_targets", out.keep_dropped_targets);
}

void read_name_schemes(YamlMapping& mapping, ScrapeSettings& out) {
  std::string validation;
  mapping.read("metric_name_validation_scheme", validation);
  if (validation == "legacy") {
    out.metric_name_validation_scheme = NameValidation::kLegacy;
  } else if (validation == "utf8") {
    out.metric_name_validation_scheme = NameValidation::kUtf8;
  } else if (!validation.empty()) {
    mapping.complain("metric_name_validation_scheme",
                     "unknown name validation method, must be either '', 'legacy' or 'utf8'");
  }
  // Where only the validation is given, the escaping goes with it.
  if (!validation.empty()) {
    const bool legacy = out.metric_name_validation_scheme == NameValidation::kLegacy;
    out.metric_name_escaping_scheme = legacy ? "underscores" : "allow-utf-8";
  }
  std::string escaping;
  mapping.read("metric_name_escaping_scheme", escaping);
  if (escaping.empty()) return;
  out.metric_name_escaping_scheme = escaping;
  constexpr std::string_view kEscapings[] = {"allow-utf-8", "underscores", "dots", "values"};
  if (std::find(std::begin(kEscapings), std::end(kEscapings), escaping) == std::end(kEscapings)) {
    mapping.complain("metric_name_escaping_scheme",
                     "unknown name escaping method, must be one of 'allow-utf-8', 'underscores', 'dots', or "
                     "'values'");
  }
}

}  // namespace

ScrapeSettings read_scrape_settings(YamlMapping& mapping, const ReadContext& context,
                                    const ScrapeSettings& inherited) {
  ScrapeSettings out = inherited;
  read_times(mapping, inherited, out);
  read_protocols(mapping, out);
  std::string log_file;
  if (mapping.read("scrape_failure_log_file", log_file) && !log_file.empty()) {
    out.scrape_failure_log_file = context.path(log_file);
  }
  read_limits(mapping, out);
  read_name_schemes(mapping, out);
  read_switch(mapping, "scrape_native_histograms", out.scrape_native_histograms);
  read_switch(mapping, "convert_classic_histograms_to_nhcb", out.convert_classic_histograms_to_nhcb);
  read_switch(mapping, "always_scrape_classic_histograms", out.always_scrape_classic_histograms);
  read_switch(mapping, "extra_scrape_metrics", out.extra_scrape_metrics);
  return out;
}

void check_scrape_protocol(const YamlValue& value, const std::string& name) {
  if (std::find(std::begin(kProtocols), std::end(kProtocols), name) != std::end(kProtocols)) return;
  std::string known;
  for (const std::string_view protocol : kProtocols) known.append(known.empty() ? "" : " ").append(protocol);
  value.complain("unknown scrape protocol " + go_quote(name) + ", supported: " + known);
}

}  // namespace kubevitals::discovery
