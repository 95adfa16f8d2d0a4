// Kubernetes resource quantities ("100m", "1Gi", "1e3"): k8s.io/apimachinery/pkg/api/resource.
#pragma once

#include <string_view>

#include "base/result.h"

namespace kubevitals {

// Both accept what ParseQuantity accepts ("Ki" alone is zero, "1." is one) and fail with kInvalid on the
// rest. They round up to the stated unit as Quantity's MilliValue and Value do, including what those do
// beyond an int64: a decimal number that does not fit gives 0, a binary one ("8Ei") is capped at the largest
// int64.

// The value in units, rounded up to a thousandth: "1500u" is 0.002.
Result<double> quantity_to_milli(std::string_view text);

// The value rounded up to a whole unit: "1500m" is 2.
Result<double> quantity_to_whole(std::string_view text);

}  // namespace kubevitals
