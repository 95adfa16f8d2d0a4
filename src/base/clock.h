// Time as a parameter, so that every timing rule is tested without sleeping.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace kubevitals {

namespace asio = boost::asio;

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Where the program gets the time from and how it waits. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime now() const = 0;
  virtual WallTime wall_now() const = 0;

  // Waits on the caller's executor until `when`; true when the time came, false when the wait was cancelled
  // (through the coroutine's cancellation slot), also when that was in the moment in which the time came.
  // Never throws.
  virtual asio::awaitable<bool> sleep_until(SteadyTime when) = 0;

  asio::awaitable<bool> sleep_for(Duration duration) { return sleep_until(now() + duration); }
};

// The machine's clocks; lives as long as the program.
Clock& system_clock();

}  // namespace kubevitals
