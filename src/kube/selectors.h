// Label and field selectors as the API server reads them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::kube {

// A parsed labelSelector: "a=b,c!=d,e in (f,g),h notin (i),j,!k,l>3". An empty text selects everything.
// Constant.
class LabelSelector {
 public:
  struct Requirement {
    enum class Operator { kIn, kNotIn, kExists, kNotExists, kGreater, kLess } op;
    std::string key;
    std::vector<std::string> values;

    // `value` is null when the object does not have the label.
    bool matches(const std::string_view* value) const;
  };

  // kInvalid with the cause. The grammar is that of k8s.io/apimachinery/pkg/labels.
  static Result<LabelSelector> parse(std::string_view text);

  // Whether an object is selected whose labels `find` knows: it gives a label's value by its name, a
  // std::optional<std::string_view>.
  template <typename Find>
  bool matches(const Find& find) const {
    return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
      const std::optional<std::string_view> value = find(std::string_view(requirement.key));
      return requirement.matches(value ? &*value : nullptr);
    });
  }
  bool empty() const { return requirements_.empty(); }
  const std::vector<Requirement>& requirements() const { return requirements_; }

 private:
  class Parser;

  std::vector<Requirement> requirements_;
};

// A parsed fieldSelector: "metadata.name=x,spec.nodeName!=y". Which fields there are is the caller's
// business. Constant.
class FieldSelector {
 public:
  struct Requirement {
    std::string field;
    std::string value;
    bool equal = true;
  };

  // kInvalid with the cause. The grammar is that of k8s.io/apimachinery/pkg/fields.
  static Result<FieldSelector> parse(std::string_view text);
  // What a failed parse() says, for fields that the caller does not know.
  static Error failure(std::string_view text, std::string why);

  const std::vector<Requirement>& requirements() const { return requirements_; }

 private:
  std::vector<Requirement> requirements_;
};

}  // namespace kubevitals::kube
