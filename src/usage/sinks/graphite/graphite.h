// Graphite's plain text protocol, over TCP or UDP.
#pragma once

#include <memory>
#include <string>

#include "usage/sinks/sink.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct GraphiteOptions {
  std::string host = "localhost";
  std::string port = "2003";
  bool udp = false;
  std::string prefix = "kubernetes";
  // filesystem.<resource_id>.usage in place of filesystem.usage, which all file systems of a set share.
  bool resource_ids = false;
};

// kInvalid names the option.
Result<GraphiteOptions> read_graphite_options(const FlagUri& uri);

// Lines "path value seconds\n" for all points of a set.
void append_graphite(const GraphiteOptions& options, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece);

Result<std::unique_ptr<Sink>> make_graphite_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
