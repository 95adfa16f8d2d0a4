// Coroutines that belong to another one and end before it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>

#include "base/clock.h"

namespace kubevitals {

// Lives on the strand that it was made with, and so does everything that it starts: cancelling is safe there,
// whereas Boost 1.81's co_spawn is not to be cancelled from another executor. stop() must have been awaited
// before the end, unless nothing was started.
class TaskGroup final {
 public:
  using Id = std::uint64_t;

  explicit TaskGroup(asio::any_io_executor strand);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // The task begins after this has returned. It handles its failures itself: an exception is logged and lost.
  Id start(asio::awaitable<void> task);

  // Asks a task to end; nothing when it has ended.
  void cancel(Id id);

  std::size_t running() const;

  // Cancels all tasks and waits until they have ended, also when the awaiting coroutine has been cancelled.
  asio::awaitable<void> stop();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubevitals
