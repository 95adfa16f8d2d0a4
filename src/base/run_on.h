// Work on another executor, awaited.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "base/clock.h"

namespace kubevitals {

// Calls `function` on `executor` and gives its result to the coroutine, on the coroutine's own executor. Not
// to be cancelled: the work is short, and whoever is awaited must not end before it. (co_spawn onto another
// executor would do, but Boost 1.81's lets an exception escape, and reaches into freed memory, when it is
// cancelled.)
template <typename Function>
asio::awaitable<std::invoke_result_t<Function>> run_on(asio::any_io_executor executor, Function function) {
  using Value = std::invoke_result_t<Function>;
  auto initiate = [executor = std::move(executor), function = std::move(function)](auto handler) mutable {
    auto own = asio::get_associated_executor(handler);
    auto work = asio::make_work_guard(own);
    auto run = [own, work = std::move(work), function = std::move(function),
                handler = std::move(handler)]() mutable {
      auto resume = [handler = std::move(handler), value = function()]() mutable {
        std::move(handler)(std::move(value));
      };
      asio::post(own, std::move(resume));
      work.reset();
    };
    asio::post(executor, std::move(run));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Value)>(std::move(initiate),
                                                                                       asio::use_awaitable);
}

}  // namespace kubevitals
