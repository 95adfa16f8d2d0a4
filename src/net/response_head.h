// The first lines of an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http_server.h"

namespace kubevitals::net {

// How the body that follows is delimited.
struct Framing {
  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;                 // with neither: the end of the connection is the end of the body
};

// Status line and header fields with the empty line. `version` is 10 or 11. What would break the framing or
// forge further fields is left out of the handler's headers.
std::string response_head(const ServerResponse& response, unsigned version, bool keep_alive, Framing framing);

// Whether an answer with this status may have a body (RFC 9110 section 6.4.1).
bool status_has_body(int status);

}  // namespace kubevitals::net
