// All sinks of the program.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "usage/sinks/sink.h"
#include "usage/sinks/sink_worker.h"

namespace kubevitals::exposition {
class MetricWriter;
}

namespace kubevitals::usage {

struct SinksOptions {
  Duration max_age = std::chrono::minutes(5);      // see SinkWorker
  std::size_t max_bytes = std::size_t{128} << 20;  // of one sink's queue
  Duration first_delay = std::chrono::seconds(1);
  std::uint64_t seed = 0;
};

// offer(), health() and write_metrics() are thread-safe; the rest is called by one owner, in the order
// make() or add(), start(), stop().
class SinkManager {
 public:
  // No sinks yet.
  SinkManager(const SinkContext& context, const SinksOptions& options);
  ~SinkManager();

  // With a sink for each URI. An error names the URI (without secrets) and the cause.
  static Result<std::unique_ptr<SinkManager>> make(std::span<const FlagUri> uris, const SinkContext& context,
                                                   const SinksOptions& options);

  // A sink that is not made from a URI.
  void add(std::string_view name, std::string_view exporter, std::string uri, std::unique_ptr<Sink> sink);

  void start();

  // Hands the batch to each sink's queue; returns at once.
  void offer(const std::shared_ptr<const Batch>& batch);

  std::vector<SinkHealth> health() const;
  void write_metrics(exposition::MetricWriter& writer) const;

  // All at once; see SinkWorker::stop().
  asio::awaitable<void> stop(std::chrono::milliseconds grace);

 private:
  asio::awaitable<void> stop_from(std::size_t first, SteadyTime deadline);

  const SinkContext context_;
  const SinksOptions options_;
  std::vector<std::unique_ptr<SinkWorker>> workers_;  // constant once started
};

// heapster_exporter_* as the incumbent has them, and kubevitals_usage_sink_*.
void write_sink_metrics(exposition::MetricWriter& writer, const std::vector<SinkHealth>& sinks);

}  // namespace kubevitals::usage
