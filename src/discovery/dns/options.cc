#include "discovery/dns/options.h"

#include <algorithm>

#include "discovery/config/duration.h"

namespace kubevitals::discovery::dns {

void read_options(YamlMapping& mapping, const ReadContext&, Options& options) {
  mapping.read("names", options.names);
  mapping.read("port", options.port);
  read_duration(mapping, "refresh_interval", options.refresh_interval);
  std::string type = "SRV";
  const bool readable = !mapping.has("type") || mapping.read("type", type);
  const auto known = record_type_named(type);
  if (known) options.type = *known;

  if (readable && !known) mapping.complain("type", "expected SRV, A, AAAA, MX or NS");
  if (options.names.empty()) mapping.complain("names", "at least one name is needed");
  if (known && *known != RecordType::kSrv && options.port == 0) {
    mapping.complain("port", "a port is needed for every type but SRV");
  }
  if (options.refresh_interval.count() <= 0) {
    mapping.complain("refresh_interval", "must be greater than zero");
  }
}

std::vector<exposition::MetricFamily> metric_families() {
  using exposition::MetricKind;
  return {
      {"prometheus_sd_dns_lookups_total", MetricKind::kCounter, "Names looked up by DNS discovery.", {}},
      {"prometheus_sd_dns_lookup_failures_total",
       MetricKind::kCounter,
       "Names that DNS discovery could not look up.",
       {}},
  };
}

}  // namespace kubevitals::discovery::dns
