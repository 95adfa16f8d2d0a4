// What an HTTP server's answer to an export means.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/http_client.h"

namespace kubevitals::usage {

// Nothing for a 2xx. kInvalid when the server will not take these data; kUnauthorized, kForbidden and
// kNotFound when it takes none until somebody changes something; kTooManyRequests, kTimeout and kUnavailable
// when it may later, after the time of the answer's Retry-After. The message has `what` ("cannot write to
// http://x"), the status and the beginning of `reason`.
Result<void> check_status(const net::HttpResponse& answer, std::string_view what, std::string_view reason);

}  // namespace kubevitals::usage
