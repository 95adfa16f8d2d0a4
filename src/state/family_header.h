// The HELP and TYPE lines of a family.
#pragma once

#include <string>

#include "state/family.h"

namespace kubevitals::state {

enum class TextFormat {
  kPrometheus,   // text 0.0.4, which has neither info nor stateset: they become gauges
  kOpenMetrics,  // OpenMetrics 1.0; counters keep their _total in both lines, as the incumbent has it
};

// Appends both lines. HELP begins with "[STABLE] " for stable families and then says since when a deprecated
// one is; backslashes and line breaks are escaped.
void append_family_header(std::string& out, const FamilyInfo& family, TextFormat format);

}  // namespace kubevitals::state
