// The page that people see first.
#pragma once

#include <string>

#include "discovery/manager/snapshot.h"

namespace kubevitals::discovery {

// How all jobs and their mechanisms are, as HTML.
std::string status_page(const Snapshot& snapshot, const std::string& version);

}  // namespace kubevitals::discovery
