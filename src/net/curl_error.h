// libcurl's failures in this program's words.
#pragma once

#include <curl/curl.h>

#include <chrono>

#include "base/result.h"

namespace kubevitals::net {

// The cause alone, in one line ("connection refused"). `detail` is what CURLOPT_ERRORBUFFER holds.
Error explain_curl_error(CURL* easy, CURLcode code, const char* detail,
                         std::chrono::milliseconds connect_timeout);

// A duration as a person writes it: "30s", "250ms".
std::string show_duration(std::chrono::milliseconds duration);

}  // namespace kubevitals::net
