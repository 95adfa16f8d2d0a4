// kubevitals.yaml: one file for all pillars.
#pragma once

#include <string>

#include "app/pillars.h"
#include "base/result.h"

namespace kubevitals::app {

struct ServeConfig {
  PillarOptions pillars;
  std::string log_level = "info";
};

// The sections `state`, `discovery` and `usage`, each with the flags of its command as keys (without the
// dashes in front; lists are lists), run those pillars; `cluster` says which cluster: kubeconfig, context,
// apiserver. Files named in it are relative to it. kInvalid with all problems, each with file, line and YAML
// path.
Result<ServeConfig> read_serve_config(const std::string& text, const std::string& file);

}  // namespace kubevitals::app
