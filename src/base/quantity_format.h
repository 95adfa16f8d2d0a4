// Writing Kubernetes resource quantities in their canonical form: k8s.io/apimachinery/pkg/api/resource.
#pragma once

#include <cstdint>
#include <string>

namespace kubevitals {

// Appends value * 10^exponent as CanonicalizeBytes does in the format DecimalSI: the largest suffix with
// which the number is whole ("45999999n", "333m", "2", "2k"). The exponent is from -9 to 0.
void append_decimal_quantity(std::string& out, std::int64_t value, int exponent);

// The same for a whole number in the format BinarySI: "279720Ki"; below 1024 as DecimalSI does.
void append_binary_quantity(std::string& out, std::int64_t value);

}  // namespace kubevitals
