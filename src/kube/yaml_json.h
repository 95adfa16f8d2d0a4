// YAML into JSON, as Kubernetes' own tools read manifests.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <string_view>

#include "base/result.h"

namespace kubevitals::kube {

struct YamlLimits {
  // What aliases and merge keys may add to the text in all, so that a few lines cannot become gigabytes.
  std::size_t max_expansion_bytes = std::size_t{64} << 20;
};

// Converts all documents of a stream. `sink` gets the JSON in pieces, each document on a line of its own at
// least; a false from it ends the conversion early without an error. Only what has not been handed over and
// what anchors stand for is held.
//
// Each value begins on the same line in the JSON as in the YAML, so that a line number found there is right
// here. Scalars are typed as sigs.k8s.io/yaml does: quoted ones are strings; plain ones are null, booleans
// (yes, no, on, off among them), integers (0x, 0o, 0b, a leading 0 and underscores included), floating-point
// numbers or strings; a date is a string. Merge keys ("<<") add what the mapping does not have itself.
// Refused, with kInvalid and "line 3: <cause>": a key given twice, keys that are not scalars, .nan and .inf,
// an alias inside of what it stands for, and nesting beyond some hundred levels.
Result<void> convert_yaml_to_json(std::istream& yaml, const std::function<bool(std::string_view)>& sink,
                                  const YamlLimits& limits = {});

}  // namespace kubevitals::kube
