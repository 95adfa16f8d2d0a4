// What discovery mechanisms produce.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "discovery/label_block.h"

namespace kubevitals::discovery {

// Targets that come from one source (an object, a file's n-th group, a service) and live and end together.
// Immutable once handed on, and shared by all jobs with the same mechanism.
struct TargetGroup {
  std::string source;    // which group of its mechanism it is: a later group with this source replaces it
  LabelBlockPtr labels;  // of all targets, as far as they do not have the label themselves; may be null
  std::vector<LabelBlockPtr> targets;  // not null; __address__ among their labels. None: the source is gone.

  bool equals(const TargetGroup& other) const;
};

using TargetGroupPtr = std::shared_ptr<const TargetGroup>;

inline TargetGroupPtr empty_group(std::string source) {
  return std::make_shared<const TargetGroup>(TargetGroup{std::move(source), nullptr, {}});
}

// Labels that every mechanism uses.
LabelName address_label();   // __address__
LabelName instance_label();  // instance

}  // namespace kubevitals::discovery
