// Relabelling rules as a configuration file has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml_fields.h"

namespace kubevitals::discovery {

// What may be the name of a label: "metric_name_validation_scheme".
enum class NameValidation {
  kLegacy,  // [a-zA-Z_][a-zA-Z0-9_]*
  kUtf8,    // any UTF-8 that is not empty
};

bool is_valid_label_name(std::string_view name, NameValidation scheme);

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

// As it is written: "labelmap".
std::string_view to_string(RelabelAction action);

struct RelabelConfig {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";  // without the anchors
  std::uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;

  friend bool operator==(const RelabelConfig&, const RelabelConfig&) = default;
};

// Reads and checks a list of rules, each by the rules of the incumbent's configuration; null and missing are
// no rules. What is wrong goes into the value's problems, with the incumbent's words; then the result is not
// to be used. `what` names the list where a rule is null: "target" or "metric".
std::vector<RelabelConfig> read_relabel_configs(const YamlValue& list, NameValidation scheme,
                                                std::string_view what);

}  // namespace kubevitals::discovery
