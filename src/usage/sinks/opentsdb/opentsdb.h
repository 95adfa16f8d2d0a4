// OpenTSDB's HTTP API: /api/put.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "usage/sinks/sink.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct OpentsdbOptions {
  std::string url = "http://127.0.0.1:4242";
  std::string cluster = "k8s-cluster";
};

// JSON objects for all points of a set that have no labels of their own (there is no room for them in the
// incumbent's tags), each followed by a comma.
void append_opentsdb(const OpentsdbOptions& options, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece);

// What an answer to /api/put?summary says: how many points were not stored. Nothing when it does not say so.
std::optional<std::uint64_t> read_opentsdb_failures(std::string body);

Result<std::unique_ptr<Sink>> make_opentsdb_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
