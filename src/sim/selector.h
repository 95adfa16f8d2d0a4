// Label and field selectors as the API server reads them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/document.h"

namespace kubevitals::sim {

// A parsed labelSelector: "a=b,c!=d,e in (f,g),h notin (i),j,!k,l>3". An empty text selects everything.
class LabelSelector {
 public:
  static Result<LabelSelector> parse(std::string_view text);
  bool matches(const json::object& object) const;  // looks at metadata.labels
  bool empty() const { return requirements_.empty(); }

 private:
  struct Requirement {
    enum class Operator { kIn, kNotIn, kExists, kNotExists, kGreater, kLess } op;
    std::string key;
    std::vector<std::string> values;

    // `value` is null when the object does not have the label.
    bool matches(const std::string_view* value) const;
  };
  class Parser;

  std::vector<Requirement> requirements_;
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
  bool empty() const { return requirements_.empty(); }
  // The value that field must have, when the selector says so with "=": lets a list skip what cannot match.
  const std::string* required(std::string_view field) const;

 private:
  struct Requirement {
    std::string field;
    std::string value;
    bool equal = true;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace kubevitals::sim
