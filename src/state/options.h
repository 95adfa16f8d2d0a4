// What a user can set about the metrics of a resource.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::state {

// Which labels (or annotations) of an object become labels of its *_labels (*_annotations) family. Immutable.
//
// Entries are keys, "*" for all (only as the first entry), or a key with one partial wildcard ("app*",
// "*name"). Source: KSM --metric-labels-allowlist, state-behaviours ("Labels and annotations").
class LabelAllowlist {
 public:
  // An empty list: the family has no samples at all.
  LabelAllowlist() = default;

  // kInvalid when an entry has more than one wildcard.
  static Result<LabelAllowlist> create(std::vector<std::string> entries);

  bool empty() const { return entries_.empty(); }
  bool allows(std::string_view key) const;

 private:
  std::vector<std::string> entries_;
  bool all_ = false;
};

// Options of one resource's store. Constant once the store runs.
struct Options {
  LabelAllowlist labels;
  LabelAllowlist annotations;
};

}  // namespace kubevitals::state
