// What the API server says of itself, and what it says instead of an answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kube/api_transport.h"

namespace kubevitals::kube {

struct ServerVersion {
  std::string major;  // "1"
  std::string minor;  // "35", with a "+" behind on some providers' servers
  std::string git_version;
  std::string platform;
};

// GET /version. "cannot get the version of the API server: <cause>".
asio::awaitable<Result<ServerVersion>> server_version(ApiTransport& transport);

// The failure that a response with an HTTP error tells of, by its Status in JSON or protobuf; where there is
// none, as from a proxy, by its HTTP code and the beginning of its text.
Error response_error(const net::HttpResponse& response);

}  // namespace kubevitals::kube
