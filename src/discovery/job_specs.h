// From a configuration to the jobs of the managers.
#pragma once

#include <memory>
#include <vector>

#include "discovery/config/config.h"
#include "discovery/manager/snapshot.h"

namespace kubevitals::discovery {

// A job for each scrape configuration, in order.
std::vector<std::shared_ptr<const JobSpec>> scrape_jobs(const Config& config);

// A job for each group of Alertmanagers, named as the incumbent names them: "config-0", "config-1". Their
// targets' metrics path is that of the Alertmanager's API.
std::vector<std::shared_ptr<const JobSpec>> alertmanager_jobs(const Config& config);

}  // namespace kubevitals::discovery
