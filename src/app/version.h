#pragma once

#include "base/version.h"

namespace kubevitals::app {

using kubevitals::kVersion;

}  // namespace kubevitals::app
