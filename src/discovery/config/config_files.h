// Where files come from that a configuration imports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::discovery {

class ConfigFiles {
 public:
  virtual ~ConfigFiles() = default;

  // The paths that match a shell's pattern, in the order of their bytes; hidden ones match, too. None is no
  // error.
  virtual std::vector<std::string> matching(const std::string& pattern) const = 0;
  virtual Result<std::string> read(const std::string& path) const = 0;
};

// Whether a pattern is one for Go's filepath.Match: its classes are closed and not empty, their ranges have
// two ends, and no backslash ends it.
bool is_well_formed_pattern(std::string_view pattern);

// Those of this machine. Thread-safe.
const ConfigFiles& system_config_files();

}  // namespace kubevitals::discovery
