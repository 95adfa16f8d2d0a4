#include "usage/sinks/sink_worker.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <utility>

#include "base/deadline.h"
#include "base/mutex.h"
#include "kube/backoff.h"
#include "net/pending.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kMaxRecent = 128;
constexpr std::chrono::minutes kRecent{10};  // what the incumbent's summaries look back

kube::Backoff::Options backoff_options(const SinkWorker::Options& options) {
  kube::Backoff::Options backoff;
  backoff.initial = options.first_delay;
  backoff.max = options.longest_delay;
  return backoff;
}

std::size_t table_bytes(const Table& table) {
  const std::size_t row = sizeof(Nanos) * 2 + sizeof(Value) * table.metrics().size();
  return table.rows() * row + table.labelled.size() * sizeof(LabelledValue) +
         table.extra.size() * sizeof(ExtraValue);
}

asio::awaitable<Result<void>> guarded(Sink& sink, std::shared_ptr<const Batch> batch) {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::string what;
  try {
    asio::awaitable<Result<void>> exporting = sink.export_batch(std::move(batch));
    Result<void> result = co_await std::move(exporting);
    co_return result;
  } catch (const std::exception& exception) {
    what = exception.what();
  }
  co_return Error{ErrorCode::kInternal, "cannot export the batch: " + what};
}

}  // namespace

std::string_view to_string(DropReason reason) {
  constexpr std::array<std::string_view, kDropReasons> kNames{"age", "bytes", "refused", "stopped"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::size_t estimated_bytes(const Batch& batch) {
  std::size_t bytes = sizeof(Batch) + table_bytes(batch.namespaces) + table_bytes(batch.cluster);
  for (const auto& block : batch.nodes) {
    bytes += sizeof(NodeBlock) + table_bytes(block->node) + table_bytes(block->system);
    bytes += table_bytes(block->pods) + block->pod_rows.size() * sizeof(NodeBlock::Pod);
    bytes += table_bytes(block->containers) + block->container_rows.size() * sizeof(NodeBlock::Container);
  }
  return bytes;
}

// Lives on strand_, but for what mutex_ guards.
class SinkWorker::State final : public std::enable_shared_from_this<SinkWorker::State> {
 public:
  State(asio::any_io_executor io, Clock& clock, std::unique_ptr<Sink> sink, Options options)
      : strand_(asio::make_strand(std::move(io))),
        clock_(clock),
        options_(std::move(options)),
        sink_(std::move(sink)),
        backoff_(backoff_options(options_), options_.seed),
        woken_timer_(strand_, asio::steady_timer::time_point::max()),
        ended_timer_(strand_, asio::steady_timer::time_point::max()) {
    const MutexLock lock(mutex_);
    health_.name = options_.name;
    health_.exporter = options_.exporter;
    health_.uri = options_.uri;
  }

  const net::Strand& strand() const { return strand_; }

  void start() {
    asio::post(strand_, [self = shared_from_this()] {
      self->ended_ = false;
      auto done = [self](const std::exception_ptr& exception) {
        if (exception) spdlog::error("the sink {} ended unexpectedly", self->options_.name);
        self->ended_ = true;
        self->ended_timer_.cancel();
      };
      asio::co_spawn(self->strand_, self->run(), asio::bind_cancellation_slot(self->cancel_.slot(), done));
    });
  }

  void offer(std::shared_ptr<const Batch> batch) {
    const std::size_t bytes = estimated_bytes(*batch);
    {
      const MutexLock lock(mutex_);
      if (closed_) {
        ++health_.dropped[static_cast<std::size_t>(DropReason::kStopped)];
        return;
      }
      queue_.push_back({std::move(batch), bytes, clock_.now()});
      health_.queued_bytes += bytes;
      while (health_.queued_bytes > options_.max_bytes && queue_.size() > (under_way_ ? 2U : 1U)) {
        drop(queue_.begin() + (under_way_ ? 1 : 0), DropReason::kBytes);
      }
    }
    asio::post(strand_, [self = shared_from_this()] { self->wake(); });
  }

  SinkHealth health() const {
    const MutexLock lock(mutex_);
    SinkHealth health = health_;
    health.queued_batches = queue_.size();
    for (const auto& [when, ms] : recent_) {
      if (clock_.now() - when <= kRecent) health.recent_ms.push_back(ms);
    }
    return health;
  }

  asio::awaitable<void> end(SteadyTime deadline, net::PendingPtr<bool> pending) {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    stopping_ = true;
    wake();
    asio::awaitable<bool> ending = wait_ended();
    asio::awaitable<std::optional<bool>> in_time = finish_by(clock_, deadline, std::move(ending));
    const std::optional<bool> ended = co_await std::move(in_time);
    if (!ended) {
      cancel_.emit(asio::cancellation_type::all);
      asio::awaitable<bool> cancelled = wait_ended();
      co_await std::move(cancelled);
    }
    {
      const MutexLock lock(mutex_);
      under_way_ = false;
      while (!queue_.empty()) drop(queue_.begin(), DropReason::kStopped);
    }
    asio::awaitable<void> stopped = sink_->stop();
    co_await std::move(stopped);
    pending->complete(true);
  }

 private:
  struct Item {
    std::shared_ptr<const Batch> batch;
    std::size_t bytes;
    SteadyTime since;
  };

  asio::awaitable<void> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    while (state.cancelled() == asio::cancellation_type::none) {
      std::shared_ptr<const Batch> batch = take();
      if (!batch) {
        if (stopping_) co_return;
        asio::awaitable<bool> news = wait_woken();
        co_await std::move(news);
        continue;
      }
      const SteadyTime begin = clock_.now();
      asio::awaitable<Result<void>> work = guarded(*sink_, std::move(batch));
      asio::awaitable<std::optional<Result<void>>> timed =
          finish_by(clock_, begin + options_.export_timeout, std::move(work));
      const std::optional<Result<void>> result = co_await std::move(timed);
      if (state.cancelled() != asio::cancellation_type::none) co_return;
      const Result<void> outcome = result ? *result : Result<void>(timed_out());
      const bool again = note(outcome, begin);
      if (!again) continue;
      const SteadyTime now = clock_.now();
      // A batch that the peer wants later than that would be given up anyway.
      const Duration asked = std::min(outcome.error().retry_after, options_.max_age);
      asio::awaitable<void> rest = pause(now + std::max(backoff_.next(now), asked));
      co_await std::move(rest);
    }
  }

  Error timed_out() const {
    const double seconds = std::chrono::duration<double>(options_.export_timeout).count();
    return Error{ErrorCode::kTimeout,
                 fmt::format("cannot export the batch: the sink was not done after {} s", seconds)};
  }

  // The batch that is next, from here on under way; null when there is none.
  std::shared_ptr<const Batch> take() {
    const MutexLock lock(mutex_);
    while (!queue_.empty() && clock_.now() - queue_.front().since > options_.max_age) {
      drop(queue_.begin(), DropReason::kAge);
    }
    under_way_ = !queue_.empty();
    return under_way_ ? queue_.front().batch : nullptr;
  }

  // Keeps the books on an attempt; true when it has to be made again.
  bool note(const Result<void>& result, SteadyTime begin) {
    const MutexLock lock(mutex_);
    const SteadyTime now = clock_.now();
    const double ms = std::chrono::duration<double, std::milli>(now - begin).count();
    ++health_.attempts;
    health_.attempts_ms += ms;
    recent_.emplace_back(now, ms);
    while (recent_.size() > kMaxRecent || now - recent_.front().first > kRecent) recent_.pop_front();
    health_.last_attempt = clock_.wall_now();
    under_way_ = false;
    if (result) {
      if (health_.last_error) spdlog::info("the sink {} works again", options_.name);
      health_.last_error.reset();
      health_.last_success = clock_.wall_now();
      ++health_.sent;
      health_.queued_bytes -= queue_.front().bytes;
      queue_.pop_front();
      return false;
    }
    // Once, not at each attempt.
    if (!health_.last_error || health_.last_error->message != result.error().message) {
      spdlog::warn("the sink {} does not work: {}", options_.name, result.error().message);
    }
    health_.last_error = result.error();
    if (result.error().code == ErrorCode::kInvalid) {
      drop(queue_.begin(), DropReason::kRefused);
      return false;
    }
    ++health_.retries;
    return true;
  }

  void drop(std::deque<Item>::iterator item, DropReason reason) REQUIRES(mutex_) {
    health_.queued_bytes -= item->bytes;
    ++health_.dropped[static_cast<std::size_t>(reason)];
    queue_.erase(item);
  }

  void wake() {
    woken_ = true;
    woken_timer_.cancel();
  }

  // Until something is offered or the end begins.
  asio::awaitable<bool> wait_woken() {
    co_await asio::this_coro::throw_if_cancelled(false);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    if (!woken_) co_await woken_timer_.async_wait(token);
    woken_ = false;
    co_return true;
  }

  asio::awaitable<bool> wait_ended() {
    co_await asio::this_coro::throw_if_cancelled(false);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    if (!ended_) co_await ended_timer_.async_wait(token);
    co_return ended_;
  }

  // Between two attempts; the first one during the end is made at once.
  asio::awaitable<void> pause(SteadyTime until) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    while (clock_.now() < until && state.cancelled() == asio::cancellation_type::none) {
      if (stopping_ && !std::exchange(hurried_, true)) co_return;
      asio::awaitable<bool> news = wait_woken();
      asio::awaitable<std::optional<bool>> timed = finish_by(clock_, until, std::move(news));
      co_await std::move(timed);
    }
  }

  const net::Strand strand_;
  Clock& clock_;
  const Options options_;

  // On the strand.
  const std::unique_ptr<Sink> sink_;
  kube::Backoff backoff_;
  asio::steady_timer woken_timer_;  // cancelled when woken_ is set
  asio::steady_timer ended_timer_;  // cancelled when run() has ended
  asio::cancellation_signal cancel_;
  bool woken_ = false;
  bool ended_ = true;
  bool stopping_ = false;
  bool hurried_ = false;

  mutable Mutex mutex_;
  std::deque<Item> queue_ GUARDED_BY(mutex_);
  bool under_way_ GUARDED_BY(mutex_) = false;  // the first of the queue
  bool closed_ GUARDED_BY(mutex_) = false;
  SinkHealth health_ GUARDED_BY(mutex_);
  std::deque<std::pair<SteadyTime, double>> recent_ GUARDED_BY(mutex_);
};

SinkWorker::SinkWorker(asio::any_io_executor io, Clock& clock, std::unique_ptr<Sink> sink, Options options)
    : state_(std::make_shared<State>(std::move(io), clock, std::move(sink), std::move(options))) {}

SinkWorker::~SinkWorker() = default;

void SinkWorker::start() {
  state_->start();
}

void SinkWorker::offer(std::shared_ptr<const Batch> batch) {
  state_->offer(std::move(batch));
}

SinkHealth SinkWorker::health() const {
  return state_->health();
}

asio::awaitable<void> SinkWorker::stop(SteadyTime deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto begin = [state = state_, deadline](net::PendingPtr<bool> pending) {
    asio::co_spawn(state->strand(), state->end(deadline, std::move(pending)), asio::detached);
  };
  asio::awaitable<bool> ended = net::ask<bool>(state_->strand(), std::move(begin));
  co_await std::move(ended);
}

}  // namespace kubevitals::usage
