// A clock that stands still until it is told to move on: for tests.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace kubevitals {

// Time moves only in advance_to(), from wake-up to wake-up in their order, so that a run is the same each
// time when one thread does everything. Steady and wall time start at fixed points; both move together unless
// the wall clock is made to jump. Thread-safe.
class VirtualClock final : public Clock {
 public:
  // 2017-07-14T02:40:00Z, as good as any.
  static constexpr WallTime kWallStart{std::chrono::seconds(1'500'000'000)};

  SteadyTime now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  WallTime wall_now() const override {
    const std::lock_guard lock(mutex_);
    return kWallStart + std::chrono::duration_cast<WallTime::duration>(now_ - SteadyTime{} + wall_jump_);
  }

  asio::awaitable<bool> sleep_until(SteadyTime when) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    const auto executor = co_await asio::this_coro::executor;
    const auto sleeper = std::make_shared<Sleeper>(executor);
    at(when, [weak = std::weak_ptr(sleeper), executor] {
      asio::post(executor, [weak] {
        if (const auto awake = weak.lock()) {
          awake->due = true;
          awake->timer.cancel();
        }
      });
    });
    boost::system::error_code error;
    if (!sleeper->due) {
      co_await sleeper->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    co_return sleeper->due&& state.cancelled() == asio::cancellation_type::none;
  }

  // Calls `call` when the time has come, from within advance_to(); at once when it has passed.
  void at(SteadyTime when, std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      if (when > now_) {
        calls_.emplace(when, std::move(call));
        return;
      }
    }
    call();
  }

  // When the next call is due.
  std::optional<SteadyTime> next() const {
    const std::lock_guard lock(mutex_);
    return calls_.empty() ? std::nullopt : std::optional(calls_.begin()->first);
  }

  // Moves on, making the calls that come due, each at its time. Never moves back.
  void advance_to(SteadyTime when) {
    while (const auto call = take_due(when)) {
      (*call)();
    }
  }

  // Runs everything that is ready and what becomes ready within `duration`, on this thread.
  void run_for(asio::io_context& context, Duration duration) {
    const SteadyTime end = now() + duration;
    for (;;) {
      context.restart();
      context.poll();
      const auto due = next();
      if (!due || *due > end) {
        break;
      }
      advance_to(*due);
    }
    advance_to(end);
  }

  void jump_wall(Duration by) {
    const std::lock_guard lock(mutex_);
    wall_jump_ += by;
  }

 private:
  struct Sleeper {
    explicit Sleeper(const asio::any_io_executor& executor)
        : timer(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    bool due = false;
  };

  std::optional<std::function<void()>> take_due(SteadyTime until) {
    const std::lock_guard lock(mutex_);
    if (calls_.empty() || calls_.begin()->first > until) {
      now_ = std::max(now_, until);
      return std::nullopt;
    }
    now_ = std::max(now_, calls_.begin()->first);
    auto call = std::move(calls_.begin()->second);
    calls_.erase(calls_.begin());
    return call;
  }

  mutable std::mutex mutex_;
  SteadyTime now_{std::chrono::hours(1)};       // guarded by mutex_
  Duration wall_jump_{-std::chrono::hours(1)};  // guarded by mutex_; the wall clock starts at kWallStart
  std::multimap<SteadyTime, std::function<void()>>
      calls_;  // guarded by mutex_; equal times in order of arrival
};

}  // namespace kubevitals
