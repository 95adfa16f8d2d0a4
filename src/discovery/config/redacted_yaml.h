// A configuration as it may be shown.
#pragma once

#include <string>
#include <vector>

#include "base/yaml_fields.h"

namespace kubevitals::discovery {

// Prints a configuration's mapping as YAML without its secrets. Which values are secrets follows from the
// keys above them, whether this program reads them or not; passwords in URLs go, too. Merge keys and aliases
// are resolved, comments go, scalars keep their types.
class RedactedYaml {
 public:
  // The configuration: a mapping, null or nothing. Before text().
  void add(const YamlValue& document) { document_ = document.node(); }

  // Jobs of other files, to stand after the configuration's own; scrape_config_files is left out then.
  void import_jobs(const std::vector<YamlValue>& jobs);

  std::string text() const;

 private:
  YAML::Node document_;
  std::vector<YAML::Node> imported_;
};

}  // namespace kubevitals::discovery
