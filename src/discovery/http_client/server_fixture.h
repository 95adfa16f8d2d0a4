// A server on loopback that writes down what it is asked: for tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/mechanism_fixture.h"
#include "net/http_server.h"

namespace kubevitals::discovery {

// All on one thread. The server answers with what the test's `answer` says. The discoverers' clock stands
// still until it is told to move; sockets have the real one.
class ServerFixture : public MechanismTest {
 protected:
  using Answer = std::function<net::ServerResponse(const net::ServerRequest&)>;

  explicit ServerFixture(std::vector<exposition::MetricFamily> families = {})
      : MechanismTest(std::move(families)) {}

  void serve(Answer answer, net::ServerOptions options = {}) {
    answer_ = std::move(answer);
    options.address = "127.0.0.1";
    server_ = std::make_unique<net::HttpServer>(
        io_.get_executor(), std::move(options),
        [this](net::ServerRequest request) { return handle(std::move(request)); });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  std::string url(const std::string& path, const std::string& host = "127.0.0.1",
                  const std::string& scheme = "http") const {
    return scheme + "://" + host + ":" + std::to_string(server_->port()) + path;
  }

  // Runs a coroutine to its end; the test fails when that takes 20 s.
  void run(std::function<asio::awaitable<void>()> body) {
    bool finished = false;
    std::exception_ptr failure;
    asio::co_spawn(io_, body(), [&](std::exception_ptr exception) {
      failure = exception;
      finished = true;
      io_.stop();
    });
    io_.restart();
    io_.run_for(std::chrono::seconds(20));
    if (failure) std::rethrow_exception(failure);
    ASSERT_TRUE(finished) << "the test hangs";
  }

  void TearDown() override {
    if (server_) {
      run([this]() -> asio::awaitable<void> { co_await server_->stop(std::chrono::milliseconds(100)); });
    }
    server_.reset();
    io_.restart();
    io_.run_for(std::chrono::milliseconds(20));
  }

  std::unique_ptr<net::HttpServer> server_;
  std::vector<net::ServerRequest> requests_;

 private:
  asio::awaitable<net::ServerResponse> handle(net::ServerRequest request) {
    net::ServerResponse response = answer_(request);
    requests_.push_back(std::move(request));
    co_return response;
  }

  Answer answer_;
};

}  // namespace kubevitals::discovery
