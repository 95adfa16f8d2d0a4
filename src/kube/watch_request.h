// The requests of a feed, and what the answers mean before their body is read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kube/api_status.h"
#include "kube/api_transport.h"
#include "kube/encoding.h"
#include "kube/feeds.h"

namespace kubevitals::kube {

// A page of a LIST, or all of it when `limit` is 0. `resource_version` is only for the first page: empty asks
// for a consistent read, "0" for whatever the API server has in its cache, another one for nothing older than
// that.
ApiRequest list_request(const WatchScope& scope, std::string_view resource_version, std::uint32_t limit,
                        std::string_view continue_token);

// A WATCH from behind `resource_version`, which the server is to end after `timeout`.
ApiRequest watch_request(const WatchScope& scope, std::string_view resource_version,
                         std::chrono::seconds timeout);

// A WATCH that begins with all objects (KEP-3157); `resource_version` as for a list.
ApiRequest watch_list_request(const WatchScope& scope, std::string_view resource_version,
                              std::chrono::seconds timeout);

// By the media type of a Content-Type field, whatever its parameters; nullopt for others.
std::optional<Encoding> encoding_of(std::string_view content_type);

// What went wrong, and what to do about it.
struct Failure {
  enum class Kind {
    kRetry,          // again, after a while
    kRelist,         // after a while, and from a list
    kExpired,        // the resourceVersion or the continue token is too old
    kNotOffered,     // the server does not do streaming lists
    kContradiction,  // a list that is older than what is known
    kInterrupted,    // by ourselves: a subscriber joined, or the end
  };
  Kind kind = Kind::kRetry;
  std::string code;     // for metrics: "410", "timeout", "decode"
  std::string message;  // the cause, one line
  Duration retry_after{};

  Failure() = default;
  Failure(Kind failure_kind, std::string failure_code, std::string cause)
      : kind(failure_kind), code(std::move(failure_code)), message(std::move(cause)) {}
  static Failure interrupted() { return Failure(Kind::kInterrupted, {}, {}); }
};

// Of an answer that is not 200, or of an ERROR event. `retry_after` is the header's.
Failure failure_of(const ApiStatus& status, std::optional<Duration> retry_after);

// Of a request or a body that broke off.
Failure failure_of(const Error& error);

// Whether the answer to a streaming list says that the server knows no such thing.
bool refuses_watch_list(int http_status);

}  // namespace kubevitals::kube
