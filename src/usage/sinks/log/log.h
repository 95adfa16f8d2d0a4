// The sink that writes batches as text to standard output.
#pragma once

#include <memory>
#include <string>

#include "usage/sinks/sink.h"

namespace kubevitals::usage {

// The incumbent's text of one metric set.
void append_log_text(const MetricSet& set, const SetLabels& labels, std::string& out);
// What stands before the sets of a batch.
std::string log_heading(Nanos timestamp);
// A time as Go prints it, "2026-01-01 00:02:00.5 +0000 UTC", then the same in nanoseconds since 1970.
std::string log_time(Nanos time);

Result<std::unique_ptr<Sink>> make_log_sink(const FlagUri& uri, const SinkContext& context);
// To another file than standard output; takes the descriptor. It may be a pipe that nobody reads: a write
// never blocks.
std::unique_ptr<Sink> make_log_sink(int descriptor, const SinkContext& context);

}  // namespace kubevitals::usage
