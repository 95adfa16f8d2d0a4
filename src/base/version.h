#pragma once

namespace kubevitals {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace kubevitals
