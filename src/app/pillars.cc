#include "app/pillars.h"

#include <random>
#include <utility>

namespace kubevitals::app {

Pillars::Pillars(Runtime& runtime, PillarOptions options)
    : client_(runtime.io(), options.api_server, system_clock()),
      feeds_(runtime.workers(), client_, system_clock(), options.feeds, std::random_device()()) {
  if (options.state) {
    state_ = std::make_unique<state::Service>(runtime.io(), runtime.workers(), client_, system_clock(),
                                              std::move(*options.state), &feeds_);
  }
  if (options.discovery) {
    discovery_ = std::make_unique<discovery::Service>(runtime.io(), runtime.workers(), system_clock(),
                                                      std::move(*options.discovery));
    discovery_->set_own_cluster(client_.url(), feeds_);
  }
  if (options.usage) {
    usage_ = std::make_unique<usage::Service>(runtime.io(), runtime.workers(), client_, system_clock(),
                                              std::move(*options.usage), &feeds_);
  }
}

Pillars::~Pillars() = default;

asio::awaitable<Result<void>> Pillars::start() {
  if (state_) {
    Result<void> started = state_->start();
    if (!started) co_return started;
  }
  if (discovery_) {
    auto starting = discovery_->start();
    Result<void> started = co_await std::move(starting);
    if (!started) co_return started;
  }
  if (usage_) {
    auto starting = usage_->start();
    Result<void> started = co_await std::move(starting);
    if (!started) co_return started;
  }
  co_return Result<void>();
}

asio::awaitable<void> Pillars::stop(std::chrono::milliseconds grace) {
  if (usage_) {
    auto stopping = usage_->stop(grace);
    co_await std::move(stopping);
  }
  if (discovery_) co_await discovery_->stop();
  if (state_) co_await state_->stop();
  co_await feeds_.stop();
}

asio::awaitable<void> Pillars::reload() {
  if (!discovery_) co_return;
  auto reloading = discovery_->reload();
  const Result<void> logged_already = co_await std::move(reloading);
  static_cast<void>(logged_already);
}

}  // namespace kubevitals::app
