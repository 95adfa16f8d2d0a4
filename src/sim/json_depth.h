// How deep documents may nest: what works on them recurses.
#pragma once

#include <cstddef>

#include "sim/document.h"

namespace kubevitals::sim {

inline constexpr std::size_t kMaxDepth = 512;

// 0 for a scalar, 1 for a list of scalars, and so on. Recurses: only for values whose depth is bounded, as a
// parser bounds it.
std::size_t depth_of(const json::value& value);

}  // namespace kubevitals::sim
