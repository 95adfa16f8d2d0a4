// The flags of `discover`, and what they come to.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "base/result.h"
#include "discovery/service.h"

namespace kubevitals::app {

struct DiscoverFlags {
  discovery::ServiceOptions service;
  std::string throttle = "5s";
  std::string web_config_file;
};

// `flags` outlives the parsing.
void add_discover_flags(CLI::App& app, DiscoverFlags& flags);

// Checks the flags together. kInvalid with one clear line.
Result<discovery::ServiceOptions> discover_options(const DiscoverFlags& flags);

}  // namespace kubevitals::app
