// The options of a kubernetes_sd_configs item.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml_fields.h"
#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "discovery/kubernetes/groups.h"
#include "discovery/kubernetes/roles.h"
#include "discovery/mechanisms.h"

namespace kubevitals::discovery::kubernetes {

// Of one resource that the role follows.
struct Selector {
  Role role{};
  std::string label;
  std::string field;
  friend bool operator==(const Selector&, const Selector&) = default;
};

struct Options {
  Role role{};
  // Neither of them: the cluster that this program runs in.
  std::optional<std::string> api_server;
  std::string kubeconfig_file;
  HttpClientOptions http;  // for api_server
  bool own_namespace = false;
  std::vector<std::string> namespaces;  // none: all
  std::vector<Selector> selectors;      // one for a role at most
  AttachOptions attach;
  friend bool operator==(const Options&, const Options&) = default;
};

// Refuses what the incumbent refuses.
void read_options(YamlMapping& mapping, const ReadContext& context, Options& out);

// Fails when the API server's address, certificates or credentials are of no use, and for client options that
// are not supported here.
Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options, const DiscovererContext& context);

}  // namespace kubevitals::discovery::kubernetes
