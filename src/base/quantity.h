// Kubernetes resource quantities ("100m", "1Gi", "1e3"): k8s.io/apimachinery/pkg/api/resource.
#pragma once

#include <string_view>

#include "base/result.h"

namespace kubevitals {

// Both round away from zero to the stated unit, as resource.Quantity's MilliValue and Value do, and share their
// overflow behaviour: what fits no int64 at that scale gives what the incumbent prints (see quantity_test.cc).
// Fails with kInvalid on what ParseQuantity refuses.

// The value in units, rounded up to a thousandth: "1500u" is 0.002.
Result<double> quantity_to_milli(std::string_view text);

// The value rounded up to a whole unit: "1500m" is 2.
Result<double> quantity_to_whole(std::string_view text);

}  // namespace kubevitals
