// Base64 (RFC 4648 section 4), as JSON and YAML documents of Kubernetes have byte strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubevitals {

std::string encode_base64(std::string_view bytes);

// Nothing when the text is not base64 with padding. Line breaks are passed over, as Go does.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace kubevitals
