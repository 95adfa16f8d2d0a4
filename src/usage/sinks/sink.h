// What a sink is to the rest of the program: somewhere that batches are sent to.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "usage/flag_uri.h"
#include "usage/model/batch.h"
#include "usage/model/metric_set.h"

namespace kubevitals::usage {

class Sink {
 public:
  virtual ~Sink() = default;

  // Sends all of the batch. kInvalid says that the peer will never take it, or a part of it, and that the
  // rest was sent; any other error that it can be tried again with the same batch. Called on one strand, one
  // call at a time, batch after batch in the order of their times. Ends soon when the coroutine is cancelled.
  virtual asio::awaitable<Result<void>> export_batch(std::shared_ptr<const Batch> batch) = 0;

  // Lets go of what the sink holds, after the last export.
  virtual asio::awaitable<void> stop() { co_return; }
};

// What sinks are made with; the clock outlives them.
struct SinkContext {
  asio::any_io_executor io;       // for sockets
  asio::any_io_executor workers;  // for work that takes milliseconds
  Clock& clock;
  LabelFormat labels;
  std::chrono::milliseconds export_timeout{20'000};
};

// A row of the table of sinks. Adding one: its folder, a row in sinks.cc, a build line, a page in
// docs/usage/sinks/.
struct SinkType {
  std::string_view name;      // as --sink takes it: "influxdb"
  std::string_view exporter;  // what the incumbent calls it in its own metrics: "InfluxDB Sink"
  // Does no I/O over the network; kInvalid when the options cannot be used. Null: the incumbent has the sink,
  // this program does not have it yet.
  Result<std::unique_ptr<Sink>> (*make)(const FlagUri& uri, const SinkContext& context);
};

// In the order of their names.
std::span<const SinkType> sink_types();

// kUnsupported for those that are not there yet, kInvalid for names that nobody knows.
Result<SinkType> find_sink_type(std::string_view name);

}  // namespace kubevitals::usage
