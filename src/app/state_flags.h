// The flags that `state` has under kube-state-metrics' names, and what they come to.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "app/ignored_flags.h"
#include "base/result.h"
#include "kube/config.h"
#include "state/selection.h"
#include "state/service.h"

namespace kubevitals::app {

struct StateFlags {
  kube::ConnectionFlags connection;
  state::SelectionFlags selection;
  state::ServiceOptions service;
  std::string web_config_file;
  std::string log_level = "info";
  bool enable_gzip_encoding = true;  // nothing depends on it
  // As Go writes durations: "60s", "1m30s".
  std::string read_timeout = "60s";
  std::string read_header_timeout = "5s";
  std::string write_timeout = "60s";
  std::string idle_timeout = "5m";
  std::string silence_timeout = "150s";
  IgnoredFlags ignored;
};

// Declares which cluster: --kubeconfig, --context, --apiserver.
void add_connection_flags(CLI::App& app, kube::ConnectionFlags& flags);

// Declares what is exposed and where: everything else. `flags` outlives the parsing.
void add_state_flags(CLI::App& app, StateFlags& flags);

// Checks the flags together and sets up the log; the options for the service. kInvalid with one clear line.
Result<state::ServiceOptions> service_options(const StateFlags& flags);

// "1m30s" and the like: kInvalid for anything that Go's time.ParseDuration refuses or that is negative.
Result<std::chrono::milliseconds> parse_duration(const std::string& text);

}  // namespace kubevitals::app
