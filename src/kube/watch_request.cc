#include "kube/watch_request.h"

#include <algorithm>
#include <utility>

#include "kube/config_files.h"

namespace kubevitals::kube {
namespace {

// The API server ends a LIST after a minute by itself (--request-timeout).
constexpr std::chrono::seconds kListHeadTimeout{60};

ApiRequest request_for(const WatchScope& scope) {
  ApiRequest request;
  request.path = scope.resource.path(scope.namespace_);
  if (!scope.label_selector.empty()) {
    request.query.emplace_back("labelSelector", scope.label_selector);
  }
  if (!scope.field_selector.empty()) {
    request.query.emplace_back("fieldSelector", scope.field_selector);
  }
  return request;
}

ApiRequest watch_base(const WatchScope& scope, std::string_view resource_version,
                      std::chrono::seconds timeout) {
  ApiRequest request = request_for(scope);
  request.accept.append(kProtobufMediaType).append(";stream=watch, ").append(kJsonMediaType);
  request.query.emplace_back("watch", "true");
  request.query.emplace_back("allowWatchBookmarks", "true");
  request.query.emplace_back("timeoutSeconds", std::to_string(timeout.count()));
  if (!resource_version.empty()) {
    request.query.emplace_back("resourceVersion", resource_version);
  }
  return request;
}

}  // namespace

ApiRequest list_request(const WatchScope& scope, std::string_view resource_version, std::uint32_t limit,
                        std::string_view continue_token) {
  ApiRequest request = request_for(scope);
  request.timeout = kListHeadTimeout;
  request.accept.append(kProtobufMediaType).append(", ").append(kJsonMediaType);
  if (!continue_token.empty()) {
    request.query.emplace_back("continue", continue_token);
  } else if (!resource_version.empty()) {
    request.query.emplace_back("resourceVersion", resource_version);
    if (resource_version != "0") {
      request.query.emplace_back("resourceVersionMatch", "NotOlderThan");
    }
  }
  if (limit != 0) {
    request.query.emplace_back("limit", std::to_string(limit));
  }
  return request;
}

ApiRequest watch_request(const WatchScope& scope, std::string_view resource_version,
                         std::chrono::seconds timeout) {
  return watch_base(scope, resource_version, timeout);
}

ApiRequest watch_list_request(const WatchScope& scope, std::string_view resource_version,
                              std::chrono::seconds timeout) {
  ApiRequest request = watch_base(scope, resource_version, timeout);
  request.query.emplace_back("sendInitialEvents", "true");
  request.query.emplace_back("resourceVersionMatch", "NotOlderThan");
  return request;
}

std::optional<Encoding> encoding_of(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  std::erase_if(type, [](unsigned char c) { return std::isspace(c) != 0; });
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (type == kProtobufMediaType) {
    return Encoding::kProtobuf;
  }
  return type == kJsonMediaType ? std::optional(Encoding::kJson) : std::nullopt;
}

Failure failure_of(const ApiStatus& status, std::optional<Duration> retry_after) {
  Failure failure;
  failure.code = status.code == 0 ? "unknown" : std::to_string(status.code);
  failure.message =
      status.code == 0 ? "the API server reported an error" : "the API server answered " + failure.code;
  if (const auto text = one_line(status.message.empty() ? status.reason : status.message); !text.empty()) {
    failure.message.append(": ").append(text);
  }
  const Duration asked = std::clamp<Duration>(std::chrono::seconds(status.retry_after_seconds),
                                              Duration::zero(), std::chrono::minutes(10));
  failure.retry_after = std::max(asked, retry_after.value_or(Duration::zero()));
  // A version from the future, as after the restore of a backup, is answered with 504 and this text
  // (apiserver, storage.NewTooLargeResourceVersionError): waiting does not help.
  const bool too_large = status.message.find("Too large resource version") != std::string::npos;
  if (status.code == 410 || status.reason == "Expired" || status.reason == "Gone" || too_large) {
    failure.kind = Failure::Kind::kExpired;
  } else if (status.code >= 400 && status.code < 500 && status.code != 401 && status.code != 403 &&
             status.code != 429) {
    failure.kind = Failure::Kind::kRelist;
  }
  return failure;
}

Failure failure_of(const Error& error) {
  Failure failure;
  failure.message = one_line(error.message);
  switch (error.code) {
    case ErrorCode::kTimeout:
      failure.code = "timeout";
      break;
    case ErrorCode::kInvalid:
      failure.code = "decode";
      failure.kind = Failure::Kind::kRelist;
      break;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      failure.code = "connection";
      break;
    default:
      failure.code = to_string(error.code);
      break;
  }
  return failure;
}

bool refuses_watch_list(int http_status) {
  switch (http_status) {
    case 400:
    case 404:
    case 405:
    case 406:
    case 415:
    case 422:
    case 501:
      return true;
    default:
      return false;
  }
}

}  // namespace kubevitals::kube
