#include "discovery/target_group.h"

#include <algorithm>

namespace kubevitals::discovery {

bool TargetGroup::equals(const TargetGroup& other) const {
  return source == other.source && equal(labels, other.labels) &&
         std::equal(targets.begin(), targets.end(), other.targets.begin(), other.targets.end(),
                    [](const LabelBlockPtr& a, const LabelBlockPtr& b) { return equal(a, b); });
}

LabelName address_label() {
  static const LabelName name("__address__");
  return name;
}

LabelName instance_label() {
  static const LabelName name("instance");
  return name;
}

}  // namespace kubevitals::discovery
