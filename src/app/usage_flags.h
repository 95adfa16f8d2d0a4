// The flags that `usage` has under Heapster's and metrics-server's names, and what they come to.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/ignored_flags.h"
#include "base/result.h"
#include "kube/config.h"
#include "usage/service.h"

namespace kubevitals::app {

struct UsageFlags {
  kube::ConnectionFlags connection;
  usage::KubeletFlags kubelet;
  usage::ServiceOptions service;
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  std::string resolution = "60s";
  std::string request_timeout = "10s";
  std::string export_timeout = "20s";
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string client_ca_file;
  std::string web_config_file;
  std::vector<std::string> ignored_labels;
  std::vector<std::string> stored_labels;
  std::string label_separator = ",";
  std::uint16_t kubelet_port = 0;  // 0: the source's own
  bool insecure_kubelets = false;

  // The secure port.
  std::optional<std::uint16_t> secure_port;  // 0: none
  usage::SecurePortOptions secure;
  std::string secure_certificate_file;
  std::string secure_key_file;
  bool tolerate_lookup_failure = false;
  // metrics-server's flags with which somebody means its secure port.
  std::vector<const CLI::Option*> of_secure_port;

  std::string log_level = "info";
  IgnoredFlags ignored;
};

// Declares everything but the connection. `flags` outlives the parsing.
void add_usage_flags(CLI::App& app, UsageFlags& flags);

// Checks the flags together, and reads the files that they name. kInvalid with one clear line. To be called
// while there is the app that they were added to.
Result<usage::ServiceOptions> usage_options(const UsageFlags& flags);

}  // namespace kubevitals::app
