// Targets from DNS records.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "discovery/dns/message.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::dns {

// The group of a name, with one target for each record, in their order. `port` is that of targets whose
// record has none.
TargetGroupPtr group_of(std::string_view name, std::span<const Record> records, std::int64_t port);

}  // namespace kubevitals::discovery::dns
