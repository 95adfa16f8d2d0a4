// What the resource metrics API looks like, for the aggregation layer and kubectl explain: as OpenAPI 2
// and 3.
#pragma once

#include <optional>

#include "net/http_server.h"

namespace kubevitals::usage {

// Answers, in JSON and with an ETag,
//   /openapi/v2                                     everything
//   /openapi/v3                                     where there is more
//   /openapi/v3/apis/metrics.k8s.io/v1beta1         everything
// Of a GET; nothing when the path is none of these.
std::optional<net::ServerResponse> openapi_answer(const net::ServerRequest& request);

}  // namespace kubevitals::usage
