#include "discovery/manager/change_signal.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace kubevitals::discovery {

asio::awaitable<void> ChangeSignal::wait_until(SteadyTime deadline, std::function<bool()> done) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    // Registered before it is asked, so that no change goes unnoticed in between.
    const auto timer = std::make_shared<asio::steady_timer>(executor, deadline);
    {
      const MutexLock lock(mutex_);
      std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.timer.expired(); });
      waiters_.push_back({executor, timer});
    }
    if (done() || std::chrono::steady_clock::now() >= deadline) co_return;
    boost::system::error_code error;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
  }
}

void ChangeSignal::notify() {
  std::vector<Waiter> waiters;
  {
    const MutexLock lock(mutex_);
    waiters.swap(waiters_);
  }
  for (Waiter& waiter : waiters) {
    asio::post(waiter.executor, [weak = std::move(waiter.timer)] {
      if (const auto timer = weak.lock()) timer->cancel();
    });
  }
}

}  // namespace kubevitals::discovery
