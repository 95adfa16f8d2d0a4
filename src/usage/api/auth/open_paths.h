// Paths that need no permission.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::usage {

// What probes ask for, who have no credentials.
inline bool is_open_path(std::string_view path) {
  return path == "/healthz" || path == "/livez" || path == "/readyz";
}

// Patterns as --authorization-always-allow-paths has them: a path, or the beginning of one and "*". The slash
// in front makes no difference.
Result<void> check_path_patterns(const std::vector<std::string>& patterns);
bool matches_path_pattern(std::string_view path, const std::vector<std::string>& patterns);

}  // namespace kubevitals::usage
