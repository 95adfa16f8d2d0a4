// metav1.Status, kept: how the API server says what went wrong, in a body, a list's place or a watch's ERROR
// event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/encoding.h"
#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct ApiStatus {
  std::string status;  // "Failure" or "Success"
  std::string message;
  std::string reason;  // "Expired", "TooManyRequests", ...
  std::int32_t code = 0;
  std::int32_t retry_after_seconds = 0;
  friend bool operator==(const ApiStatus&, const ApiStatus&) = default;
};

ApiStatus to_api_status(const Status& status);

// Reads the object of a WatchFrame of type kError: a bare message or JSON. Fails with kInvalid.
Result<ApiStatus> decode_api_status(Encoding encoding, std::string_view object);

// Reads the body of a response with an HTTP error: an envelope or JSON, found out by looking. Fails with
// kInvalid when the body is no Status (a proxy's page, for example).
Result<ApiStatus> read_api_status(std::string_view body);

// The failure that a status tells of; its message is the server's. The code follows from the reason "Expired"
// and the HTTP code: 401, 403, 404, 409, 410 and 429 have codes of their own, 408 and 504 are time-outs, 400,
// 405, 406, 415 and 422 are kInvalid or kUnsupported, other 5xx kUnavailable.
Error to_error(const ApiStatus& status);

}  // namespace kubevitals::kube
