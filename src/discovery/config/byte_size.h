// Sizes as Prometheus' configuration has them: "10MB".
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/yaml_fields.h"

namespace kubevitals::discovery {

// Numbers with units, which add up: B, KB or KiB and so on up to EB, all of them powers of 1024, and an upper
// case K only. "0" needs no unit; fractions are cut off in the end. As units.ParseBase2Bytes of
// github.com/alecthomas/units has it. kInvalid with the cause.
Result<std::int64_t> parse_byte_size(std::string_view text);

// Sets `out` when the key is there and true then; null is zero. Complains by itself.
bool read_byte_size(YamlMapping& mapping, std::string_view key, std::int64_t& out);

}  // namespace kubevitals::discovery
