// Selectors, as they select the simulator's objects.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "kube/selectors.h"
#include "sim/document.h"

namespace kubevitals::sim {

// A labelSelector, looking at metadata.labels; see kube/selectors.h.
class LabelSelector {
 public:
  static Result<LabelSelector> parse(std::string_view text) {
    Result<kube::LabelSelector> parsed = kube::LabelSelector::parse(text);
    if (!parsed) return parsed.error();
    LabelSelector selector;
    selector.parsed_ = std::move(*parsed);
    return selector;
  }
  bool matches(const json::object& object) const;
  bool empty() const { return parsed_.empty(); }

 private:
  kube::LabelSelector parsed_;
};

// A parsed fieldSelector: "metadata.name=x,spec.nodeName!=y"; kInvalid for a field that the kind does not
// support (every kind: metadata.name, metadata.namespace; pods also spec.nodeName, spec.restartPolicy,
// spec.schedulerName, spec.serviceAccountName, spec.hostNetwork, status.phase, status.podIP,
// status.nominatedNodeName; namespaces status.phase; nodes spec.unschedulable; events and others as the API
// server has them).
class FieldSelector {
 public:
  static Result<FieldSelector> parse(std::string_view text, std::string_view kind);
  bool matches(const json::object& object) const;
  bool empty() const { return parsed_.requirements().empty(); }
  // The value that field must have, when the selector says so with "=": lets a list skip what cannot match.
  const std::string* required(std::string_view field) const;

 private:
  kube::FieldSelector parsed_;
};

}  // namespace kubevitals::sim
