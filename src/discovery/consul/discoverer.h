// Targets from Consul's services, watched with blocking queries.
#pragma once

#include <memory>

#include "discovery/consul/options.h"
#include "discovery/http_client/client.h"

namespace kubevitals::discovery::consul {

// One watcher of the catalog, when it is asked for, and one of each service, all on the strand of run().
std::unique_ptr<Discoverer> make_discoverer(const Options& options, const DiscovererContext& context,
                                            std::shared_ptr<MechanismClient> client);

}  // namespace kubevitals::discovery::consul
