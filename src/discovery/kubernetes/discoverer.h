// Discovery of what runs in a cluster.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/discoverer.h"
#include "discovery/kubernetes/clusters.h"
#include "discovery/kubernetes/connection.h"
#include "discovery/kubernetes/options.h"

namespace kubevitals::discovery::kubernetes {

// Follows the resources that the role needs in each of the configured namespaces. Changes are collected for a
// few milliseconds, so that what belongs together goes out together. The first groups go out when every
// namespace was listed, or could not be: one that is forbidden keeps no other waiting. A resource that cannot
// be followed is reported as failed, with what the account is not allowed to do.
//
// `connection`: nullopt for the program's own cluster. `namespaces`: none means all.
std::unique_ptr<Discoverer> make_kubernetes_discoverer(const Options& options,
                                                       std::optional<Connection> connection,
                                                       std::vector<std::string> namespaces,
                                                       const DiscovererContext& context);

}  // namespace kubevitals::discovery::kubernetes
