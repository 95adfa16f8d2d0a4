// Base64 (RFC 4648 section 4), as JSON has byte strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubevitals::sim {

std::string encode_base64(std::string_view bytes);

// Nothing when the text is not base64. Line breaks are passed over, as Go does.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace kubevitals::sim
