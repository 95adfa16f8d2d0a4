// An answer that a coroutine waits for while the work is done on a strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace kubevitals::net {

using Strand = asio::strand<asio::any_io_executor>;

// Used on the strand only. Somebody must complete it, or the coroutine never goes on.
template <typename T>
class Pending {
 public:
  virtual ~Pending() = default;

  // Lets the coroutine go on, on its own executor; only the first call counts.
  virtual void complete(T value) = 0;

  // Called when the waiting coroutine was cancelled before the answer was there; it should complete().
  std::function<void()> on_cancel;
};

template <typename T>
using PendingPtr = std::shared_ptr<Pending<T>>;

namespace internal {

template <typename T, typename Handler>
class PendingHandler final : public Pending<T> {
 public:
  explicit PendingHandler(Handler handler)
      : executor_(asio::get_associated_executor(handler)),
        work_(executor_),
        slot_(asio::get_associated_cancellation_slot(handler)),
        handler_(std::move(handler)) {}

  asio::cancellation_slot slot() const { return slot_; }

  void complete(T value) override {
    if (!handler_) return;
    auto resume = [handler = std::move(*handler_), value = std::move(value), slot = slot_]() mutable {
      // Here, because the slot belongs to the coroutine's own executor.
      if (slot.is_connected()) slot.clear();
      auto call = std::move(handler);
      std::move(call)(std::move(value));
    };
    handler_.reset();
    this->on_cancel = nullptr;
    asio::post(executor_, std::move(resume));
    work_.reset();
  }

 private:
  const asio::any_io_executor executor_;
  asio::executor_work_guard<asio::any_io_executor> work_;
  asio::cancellation_slot slot_;
  std::optional<Handler> handler_;
};

}  // namespace internal

// Runs `start(PendingPtr<T>)` on the strand and waits until it is completed. Unlike co_spawn of Boost 1.81,
// whose cancellation across executors reaches into an object that may be gone by then, cancelling is safe at
// any time.
template <typename T, typename Start>
asio::awaitable<T> ask(Strand strand, Start start) {
  auto initiate = [strand, start = std::move(start)](auto handler) mutable {
    using Waiting = internal::PendingHandler<T, std::decay_t<decltype(handler)>>;
    auto pending = std::make_shared<Waiting>(std::move(handler));
    asio::cancellation_slot slot = pending->slot();
    if (slot.is_connected()) {
      slot.assign([strand, weak = std::weak_ptr<Pending<T>>(pending)](asio::cancellation_type) {
        asio::post(strand, [weak] {
          const auto waiting = weak.lock();
          if (!waiting || !waiting->on_cancel) return;
          const auto on_cancel = std::exchange(waiting->on_cancel, nullptr);
          on_cancel();
        });
      });
    }
    asio::post(strand, [pending = PendingPtr<T>(std::move(pending)), start = std::move(start)]() mutable {
      start(std::move(pending));
    });
  };
  const auto& token = asio::use_awaitable;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(std::move(initiate), token);
}

}  // namespace kubevitals::net
