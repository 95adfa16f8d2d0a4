#include "usage/sinks/http_answer.h"

#include <string>
#include <utility>

#include "base/clock.h"
#include "kube/backoff.h"
#include "net/curl_url.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kShownReason = 200;

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 408:
      return ErrorCode::kTimeout;
    case 429:
      return ErrorCode::kTooManyRequests;
    default:
      break;
  }
  // A redirection that is not followed is a matter of configuration, too.
  if (status >= 500 || status < 400) return ErrorCode::kUnavailable;
  return ErrorCode::kInvalid;
}

}  // namespace

Result<void> check_status(const net::HttpResponse& answer, std::string_view what, std::string_view reason) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return Result<void>();
  std::string message = std::string(what).append(": HTTP ").append(std::to_string(status));
  if (!reason.empty()) message.append(": ").append(net::shown_text(reason, kShownReason));
  Error error{code_of(status), std::move(message)};
  if (const auto wait = answer.headers.find("Retry-After")) {
    error.retry_after = kube::parse_retry_after(*wait, system_clock().wall_now()).value_or(Duration::zero());
  }
  return error;
}

}  // namespace kubevitals::usage
