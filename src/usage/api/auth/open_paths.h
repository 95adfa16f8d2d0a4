// What probes ask for, who have no credentials.
#pragma once

#include <string_view>

namespace kubevitals::usage {

inline bool is_open_path(std::string_view path) {
  return path == "/healthz" || path == "/livez" || path == "/readyz";
}

}  // namespace kubevitals::usage
