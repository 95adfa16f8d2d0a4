// The threads a serving command runs on, and its orderly end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <utility>

namespace kubevitals::app {

namespace asio = boost::asio;

// Raises the number of files and sockets that this process may have open as far as it is allowed to.
void allow_many_files();

// One thread for sockets, a small pool for work that takes the CPU (decoding, rendering, compressing), so
// that connections are answered while a big cluster is being read.
class Runtime {
 public:
  Runtime();
  ~Runtime();

  asio::any_io_executor io() { return io_.get_executor(); }
  asio::any_io_executor workers() { return workers_.get_executor(); }

  // A start() that returns this has done everything there was to do.
  static constexpr int kDone = -1;

  // What SIGHUP does; without it the signal ends the program, as usual. Before run().
  void on_hangup(std::function<asio::awaitable<void>()> reload) { reload_ = std::move(reload); }

  // Starts the command's services, waits for SIGINT or SIGTERM, then stops them; a second signal ends the
  // program at once. `start` returns the exit status when it is not zero; `stop` must leave nothing running.
  int run(std::function<asio::awaitable<int>()> start, std::function<asio::awaitable<void>()> stop);

 private:
  void trim_later();

  asio::awaitable<void> follow_hangups();

  asio::io_context io_;
  asio::thread_pool workers_;
  std::function<asio::awaitable<void>()> reload_;
  asio::signal_set hangups_{io_};
  asio::steady_timer trim_;  // used on the workers, from one to the next
};

}  // namespace kubevitals::app
