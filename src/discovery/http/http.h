// One exchange of http discovery.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace kubevitals::discovery::http {

// Whether a body of this type is read: JSON in UTF-8, without any other parameter, as the incumbent wants it.
bool is_json_type(std::string_view content_type);

// Seconds with as few digits as needed and no exponent: "60", "0.5".
std::string format_seconds(std::chrono::milliseconds duration);

}  // namespace kubevitals::discovery::http
