#include "app/runtime.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

namespace kubevitals::app {
namespace {

// How often memory that was freed is given back. glibc does so by itself only at the end of its heap, which a
// cluster's pages, big and small and each with a life of its own, leave full of holes.
constexpr std::chrono::seconds kTrimInterval{10};

}  // namespace

void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Runtime::Runtime()
    : io_(1), workers_(std::max(2u, std::thread::hardware_concurrency())), trim_(workers_.get_executor()) {
  // An arena for each thread would keep the peak of each; nothing here allocates so often that they would
  // wait.
  mallopt(M_ARENA_MAX, 1);
  trim_later();
}

void Runtime::trim_later() {
  trim_.expires_after(kTrimInterval);
  trim_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    malloc_trim(0);
    trim_later();
  });
}

Runtime::~Runtime() {
  workers_.stop();
  workers_.join();
}

asio::awaitable<void> Runtime::follow_hangups() {
  hangups_.add(SIGHUP);
  for (;;) {
    boost::system::error_code error;
    co_await hangups_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    co_await reload_();
  }
}

int Runtime::run(std::function<asio::awaitable<int>()> start, std::function<asio::awaitable<void>()> stop) {
  std::signal(SIGPIPE, SIG_IGN);
  asio::signal_set signals(io_, SIGINT, SIGTERM);
  int status = 0;
  std::exception_ptr failure;

  auto main = [&]() -> asio::awaitable<void> {
    status = co_await start();
    if (status == 0 && reload_) asio::co_spawn(io_, follow_hangups(), asio::detached);
    if (status == 0) {
      boost::system::error_code error;
      co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
      signals.async_wait([](const boost::system::error_code& second, int) {
        if (!second) std::_Exit(130);
      });
    }
    hangups_.cancel();
    co_await stop();
    signals.cancel();
  };
  asio::co_spawn(io_, main(), [&](std::exception_ptr exception) {
    failure = std::move(exception);
    io_.stop();
  });
  io_.run();
  if (failure) std::rethrow_exception(failure);
  return status == kDone ? 0 : status;
}

}  // namespace kubevitals::app
