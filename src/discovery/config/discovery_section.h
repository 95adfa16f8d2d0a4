// The service discovery of a job, or of a group of Alertmanagers.
#pragma once

#include <string>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery {

// One item of a <mechanism>_sd_configs list.
struct DiscovererConfig {
  std::string mechanism;  // "consul"
  DiscovererOptionsPtr options;
};

struct DiscoverySection {
  std::vector<DiscovererConfig> discoverers;  // in the order of the table of mechanisms
  std::vector<TargetGroupPtr> static_groups;  // sources "0", "1", ...; those without targets, too

  // How many mechanisms are at work; all static groups together are one.
  std::size_t size() const { return discoverers.size() + (static_groups.empty() ? 0 : 1); }
};

// Reads all keys of mechanisms among a section's other keys. `urls_allowed`: an address may hold a slash, as
// relabelling will make something else of it.
void read_discovery(YamlMapping& mapping, const ReadContext& context, bool urls_allowed,
                    DiscoverySection& out);

}  // namespace kubevitals::discovery
