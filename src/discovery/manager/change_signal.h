// Waiting for something to change.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace kubevitals::discovery {

// Wakes coroutines up when somebody says that something changed. Thread-safe.
class ChangeSignal {
 public:
  // Waits until `done` holds, which is asked first and after every notify(), or until the time is over, or
  // the coroutine is cancelled. `done` is called on the coroutine's executor.
  asio::awaitable<void> wait_until(SteadyTime deadline, std::function<bool()> done);

  void notify();

 private:
  struct Waiter {
    asio::any_io_executor executor;
    std::weak_ptr<asio::steady_timer> timer;
  };

  Mutex mutex_;
  std::vector<Waiter> waiters_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::discovery
