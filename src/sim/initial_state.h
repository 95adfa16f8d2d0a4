// The objects that exist when the simulation starts.
#pragma once

#include <vector>

#include "sim/layout.h"
#include "sim/version.h"

namespace kubevitals::sim {

// For each Kind its objects, in the order they get resourceVersions. A pure function of the layout.
std::vector<std::vector<Version>> initial_state(const Layout& layout);

}  // namespace kubevitals::sim
