#include "discovery/job_specs.h"

#include <string>
#include <utility>

#include "net/http_message.h"

namespace kubevitals::discovery {
namespace {

void set_sources(const DiscoverySection& section, JobSpec& spec) {
  for (const DiscovererConfig& discoverer : section.discoverers) {
    spec.sources.push_back({discoverer.mechanism, discoverer.options});
  }
  spec.static_groups = section.static_groups;
}

}  // namespace

std::vector<std::shared_ptr<const JobSpec>> scrape_jobs(const Config& config) {
  std::vector<std::shared_ptr<const JobSpec>> jobs;
  for (const ScrapeConfig& scrape : config.scrape_configs) {
    auto spec = std::make_shared<JobSpec>();
    spec->name = scrape.job_name;
    spec->target = scrape.target_options();
    spec->keep_dropped_targets = scrape.keep_dropped_targets;
    set_sources(scrape, *spec);
    jobs.push_back(std::move(spec));
  }
  return jobs;
}

std::vector<std::shared_ptr<const JobSpec>> alertmanager_jobs(const Config& config) {
  std::vector<std::shared_ptr<const JobSpec>> jobs;
  for (const AlertmanagerConfig& alertmanager : config.alertmanagers) {
    auto spec = std::make_shared<JobSpec>();
    spec->name = "config-" + std::to_string(jobs.size());
    spec->target.job_name = spec->name;
    spec->target.scheme = alertmanager.scheme;
    spec->target.alertmanagers = true;
    spec->target.metrics_path =
        net::clean_path(alertmanager.path_prefix + "/api/" + alertmanager.api_version + "/alerts");
    spec->target.relabel_configs = alertmanager.relabel_configs;
    set_sources(alertmanager, *spec);
    jobs.push_back(std::move(spec));
  }
  return jobs;
}

}  // namespace kubevitals::discovery
