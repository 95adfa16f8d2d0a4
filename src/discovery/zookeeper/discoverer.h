// Targets from the nodes of ZooKeeper.
#pragma once

#include <functional>
#include <memory>

#include "discovery/discoverer.h"
#include "discovery/zookeeper/member.h"
#include "discovery/zookeeper/session.h"

namespace kubevitals::discovery::zookeeper {

using OpenSession = std::function<std::unique_ptr<Session>(
    asio::any_io_executor strand, const TreeOptions& options, SessionListener& listener)>;

// Watches the trees with one session after the other, and makes a group of each node that `parse` accepts.
std::unique_ptr<Discoverer> make_tree_discoverer(const TreeOptions& options, ParseMember parse,
                                                 const DiscovererContext& context,
                                                 OpenSession open = open_session);

}  // namespace kubevitals::discovery::zookeeper
