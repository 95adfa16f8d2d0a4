// A sink at work: its queue, its attempts, its health.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "usage/sinks/sink.h"

namespace kubevitals::usage {

// Why a batch did not get there.
enum class DropReason { kAge, kBytes, kRefused, kStopped };
inline constexpr std::size_t kDropReasons = 4;
std::string_view to_string(DropReason reason);  // "age", "bytes", "refused", "stopped"

struct SinkHealth {
  std::string name;      // unique: "influxdb", the second one "influxdb-2"
  std::string exporter;  // see SinkType
  std::string uri;       // without secrets

  std::optional<WallTime> last_attempt;  // when it ended
  std::optional<WallTime> last_success;
  std::optional<Error> last_error;  // of the last attempt; none when that succeeded
  std::size_t queued_batches = 0;   // the one under way among them
  std::size_t queued_bytes = 0;     // of memory, about
  std::uint64_t sent = 0;           // batches
  std::uint64_t retries = 0;        // attempts that will be, or were, made again
  std::array<std::uint64_t, kDropReasons> dropped{};
  std::uint64_t attempts = 0;     // that ended
  double attempts_ms = 0;         // how long they took in all
  std::vector<double> recent_ms;  // those of the last ten minutes, at most 128
};

// How much memory a batch keeps, about.
std::size_t estimated_bytes(const Batch& batch);

// Has a strand and a coroutine of its own: nothing that a sink does delays who offers batches. A batch that
// cannot be sent is tried again, with growing delays and not before the time that the peer has asked for;
// those behind it wait, so that the order is kept. A batch is given up when it has been there for longer than
// `max_age`, when the queue would be larger than `max_bytes` (the oldest that is not under way goes first;
// one always has room), when the sink says that it will never be taken, or when it is left at the end of
// stop(). Each such batch is counted.
class SinkWorker {
 public:
  struct Options {
    std::string name;
    std::string exporter;
    std::string uri;
    std::chrono::milliseconds export_timeout{20'000};  // for one attempt
    Duration max_age = std::chrono::minutes(5);
    std::size_t max_bytes = std::size_t{128} << 20;
    // Between an attempt and the next one, at first and at most, without the jitter.
    Duration first_delay = std::chrono::seconds(1);
    Duration longest_delay = std::chrono::seconds(30);
    std::uint64_t seed = 0;  // of the jitter
  };

  SinkWorker(asio::any_io_executor io, Clock& clock, std::unique_ptr<Sink> sink, Options options);
  ~SinkWorker();
  SinkWorker(const SinkWorker&) = delete;
  SinkWorker& operator=(const SinkWorker&) = delete;

  // Once.
  void start();

  // From any thread; returns at once.
  void offer(std::shared_ptr<const Batch> batch);

  // From any thread.
  SinkHealth health() const;

  // Takes no further batches, tries what is in the queue until `deadline`, then drops and counts the rest.
  // Nothing runs any more when this returns. Awaited before the end, from any executor; not to be cancelled.
  asio::awaitable<void> stop(SteadyTime deadline);

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubevitals::usage
