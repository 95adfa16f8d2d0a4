#include "base/task_group.h"

#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

namespace kubevitals {

struct TaskGroup::State {
  struct Task {
    asio::cancellation_signal signal;
    bool started = false;
    bool cancelled = false;
  };

  explicit State(asio::any_io_executor executor)
      : strand(std::move(executor)), ended(strand, asio::steady_timer::time_point::max()) {}

  const asio::any_io_executor strand;
  asio::steady_timer ended;  // cancelled when a task has ended
  std::map<Id, Task> tasks;
  Id last_id = 0;
};

TaskGroup::TaskGroup(asio::any_io_executor strand) : state_(std::make_shared<State>(std::move(strand))) {}

std::size_t TaskGroup::running() const {
  return state_->tasks.size();
}

TaskGroup::Id TaskGroup::start(asio::awaitable<void> task) {
  const Id id = ++state_->last_id;
  state_->tasks.try_emplace(id);
  const auto ended = [state = state_, id](const std::exception_ptr& exception) {
    if (exception) spdlog::error("a task of a discovery mechanism ended unexpectedly");
    // Later, because the signal must not go while its slot is in use.
    asio::post(state->strand, [state, id] {
      state->tasks.erase(id);
      state->ended.cancel();
    });
  };
  asio::post(state_->strand, [state = state_, id, ended, body = std::move(task)]() mutable {
    State::Task& own = state->tasks.at(id);
    if (own.cancelled) {
      ended(nullptr);
      return;
    }
    own.started = true;
    asio::co_spawn(state->strand, std::move(body), asio::bind_cancellation_slot(own.signal.slot(), ended));
  });
  return id;
}

void TaskGroup::cancel(Id id) {
  const auto found = state_->tasks.find(id);
  if (found == state_->tasks.end() || std::exchange(found->second.cancelled, true)) return;
  if (found->second.started) found->second.signal.emit(asio::cancellation_type::all);
}

asio::awaitable<void> TaskGroup::stop() {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::vector<Id> ids;
  for (const auto& [id, task] : state_->tasks) ids.push_back(id);
  for (const Id id : ids) cancel(id);
  while (!state_->tasks.empty()) {
    boost::system::error_code woken;
    auto token = asio::redirect_error(asio::use_awaitable, woken);
    co_await state_->ended.async_wait(token);
  }
}

}  // namespace kubevitals
