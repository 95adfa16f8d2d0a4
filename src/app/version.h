#pragma once

namespace kubevitals::app {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace kubevitals::app
