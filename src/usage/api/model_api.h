// The Model API: /api/v1/model/…, as Heapster has it.
#pragma once

#include <string_view>

#include "net/http_server.h"
#include "usage/sinks/metric/metric_sink.h"

namespace kubevitals::usage {

inline constexpr std::string_view kModelPath = "/api/v1/model";

// Answers a GET of a path that begins with kModelPath; `now` is the wall time. Routes and texts are the
// incumbent's (metrics/api/v1/model_handlers.go), but lists are in the order of the alphabet, floats stay
// what they are, and nodes go by name and hostname alike. A slash at the end of a path makes no difference.
// Pure but for the sink, which is read.
net::ServerResponse model_answer(const MetricSink& sink, const net::ServerRequest& request, Nanos now);

}  // namespace kubevitals::usage
