// Work that has to be done by a certain time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "base/clock.h"

namespace kubevitals {

// Awaits `work`; nothing when the time came first, or the caller was cancelled: then `work` was cancelled
// through its cancellation slot, and had ended before this returns. `work` must not throw and must end soon
// when it is cancelled. Both run on the caller's executor, which is a strand or has one thread: only there is
// cancelling a co_spawn safe with Boost 1.81.
template <typename T>
asio::awaitable<std::optional<T>> finish_by(Clock& clock, SteadyTime when, asio::awaitable<T> work) {
  using asio::experimental::awaitable_operators::operator||;
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::awaitable<bool> alarm = clock.sleep_until(when);
  asio::awaitable<std::variant<T, bool>> either = std::move(work) || std::move(alarm);
  std::variant<T, bool> first = co_await std::move(either);
  if (first.index() != 0) co_return std::nullopt;
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
  co_return std::get<0>(std::move(first));
}

}  // namespace kubevitals
