#include "app/runtime.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

namespace kubevitals::app {

Runtime::Runtime() : io_(1), workers_(std::max(2u, std::thread::hardware_concurrency())) {}

Runtime::~Runtime() {
  workers_.stop();
  workers_.join();
}

int Runtime::run(std::function<asio::awaitable<int>()> start, std::function<asio::awaitable<void>()> stop) {
  std::signal(SIGPIPE, SIG_IGN);
  asio::signal_set signals(io_, SIGINT, SIGTERM);
  int status = 0;
  std::exception_ptr failure;

  auto main = [&]() -> asio::awaitable<void> {
    status = co_await start();
    if (status == 0) {
      boost::system::error_code error;
      co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
      signals.async_wait([](const boost::system::error_code& second, int) {
        if (!second) std::_Exit(130);
      });
    }
    co_await stop();
    signals.cancel();
  };
  asio::co_spawn(io_, main(), [&](std::exception_ptr exception) {
    failure = std::move(exception);
    io_.stop();
  });
  io_.run();
  if (failure) std::rethrow_exception(failure);
  return status;
}

}  // namespace kubevitals::app
