// Lets a coroutine wait until something has happened on some other thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "base/clock.h"

namespace kubevitals::discovery {

// Told that there is something to do. Thread-safe; calls are short.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

// wake() from any thread, wait() by one coroutine on the executor, which runs one thing at a time. Held by
// shared_ptr.
class WakeSignal final : public Waker, public std::enable_shared_from_this<WakeSignal> {
 public:
  explicit WakeSignal(const asio::any_io_executor& executor) : timer_(executor, SteadyTime::max()) {}

  void wake() override {
    if (woken_.exchange(true)) return;
    asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
  }

  // Wakes before now do not count.
  void forget() { woken_ = false; }

  // Until wake() was called since the last wait. False when the wait was cancelled.
  asio::awaitable<bool> wait() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return false;
      if (woken_.exchange(false)) co_return true;
      boost::system::error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

 private:
  std::atomic<bool> woken_ = false;
  asio::steady_timer timer_;  // on the executor; never expires
};

}  // namespace kubevitals::discovery
