// The syntax of label and field selectors.
#pragma once

#include <string_view>

#include "base/result.h"

namespace kubevitals::discovery::kubernetes {

// Whether the API server would take it: "app in (a,b),!canary". kInvalid with the cause. The rules are those
// of k8s.io/apimachinery/pkg/labels.
Result<void> check_label_selector(std::string_view selector);

// The same for "status.phase=Running,spec.nodeName!=a", by k8s.io/apimachinery/pkg/fields.
Result<void> check_field_selector(std::string_view selector);

}  // namespace kubevitals::discovery::kubernetes
