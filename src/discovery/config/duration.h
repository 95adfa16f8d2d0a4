// Durations as Prometheus writes them: "1h30m".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/yaml_fields.h"

namespace kubevitals::discovery {

// Whole numbers with units, from the largest unit to the smallest and each once: y (365 days), w, d, h, m, s,
// ms. "0" needs no unit. Fails with kInvalid and the cause alone.
Result<std::chrono::milliseconds> parse_prometheus_duration(std::string_view text);

// The shortest such text: "1m30s" for 90 s, "0s" for nothing. Years and weeks only where nothing is left
// over: 90 days are "90d".
std::string format_prometheus_duration(std::chrono::milliseconds duration);

// Sets `out` when the key is there and true then; null is zero. Complains by itself about what is no
// duration.
bool read_duration(YamlMapping& mapping, std::string_view key, std::chrono::milliseconds& out);

}  // namespace kubevitals::discovery
