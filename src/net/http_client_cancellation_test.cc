// Requests that are given up, at every stage and from everywhere.
#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>

#include "net/http_client.h"
#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

class CancellationTest : public HttpFixture {
 protected:
  using Outcome = std::optional<ErrorCode>;

  // Starts a coroutine that can be cancelled; its outcome is in outcome_ once over_.
  void start(std::function<asio::awaitable<Outcome>()> body) {
    over_ = false;
    body_ = std::move(body);
    auto on_end = [this](std::exception_ptr exception, Outcome outcome) {
      EXPECT_FALSE(exception);
      outcome_ = outcome;
      over_ = true;
    };
    auto token = asio::bind_cancellation_slot(signal_.slot(), std::move(on_end));
    asio::co_spawn(io_, body_(), std::move(token));
  }

  void cancel() { signal_.emit(asio::cancellation_type::all); }

  asio::awaitable<void> expect_cancelled() {
    EXPECT_TRUE(co_await eventually([this] { return over_; }));
    EXPECT_EQ(outcome_, ErrorCode::kCancelled);
  }

  asio::awaitable<Outcome> send(HttpRequest request) {
    const auto response = co_await client_->send(std::move(request));
    co_return failure_of(response);
  }

  // As a program does that has its connections on other threads than its work.
  void client_on(asio::thread_pool& pool) {
    client_ = std::make_unique<HttpClient>(pool.get_executor(), TransportOptions{});
  }

  static std::ptrdiff_t open_files() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  }

  asio::cancellation_signal signal_;
  std::function<asio::awaitable<Outcome>()> body_;
  Outcome outcome_;
  bool over_ = false;
};

TEST_F(CancellationTest, WhileConnecting) {
  Script silent(io_, "", Script::Then::kWait);
  client();
  run([&]() -> asio::awaitable<void> {
    start([&] { return send(get_at(silent.port(), "/", "https")); });
    EXPECT_TRUE(co_await eventually([&] { return silent.connections() == 1; }));
    cancel();
    co_await expect_cancelled();
    EXPECT_TRUE(co_await eventually([&] { return silent.ended() == 1; }));
  });
}

TEST_F(CancellationTest, LeavesNoFilesOpen) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    std::ptrdiff_t before = 0;
    for (int i = 0; i < 20; ++i) {
      for (const char* path : {"/hang", "/watch"}) {
        start([&] { return send(get(path)); });
        for (int turn = 0; turn < i; ++turn) co_await asio::post(io_, asio::use_awaitable);
        cancel();
        co_await expect_cancelled();
      }
      EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0; }));
      if (i == 0) before = open_files();
    }
    EXPECT_TRUE(co_await eventually([&] { return open_files() <= before; })) << before;
  });
}

TEST_F(CancellationTest, WhileWaitingForTheHead) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    start([&] { return send(get("/hang")); });
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 1; }));
    cancel();
    co_await expect_cancelled();
    EXPECT_TRUE(co_await eventually([&] { return handler_cancelled_; }));
    start([&]() -> asio::awaitable<Outcome> {
      HttpRequest request = get("/hang");
      const auto stream = co_await client_->open(std::move(request));
      co_return failure_of(stream);
    });
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    cancel();
    co_await expect_cancelled();
  });
}

TEST_F(CancellationTest, WhileReceivingTheBody) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    start([&] { return send(get("/watch")); });
    EXPECT_TRUE(co_await eventually([&] { return produced_ == 10; }));
    cancel();
    co_await expect_cancelled();
    EXPECT_TRUE(co_await eventually([&] { return body_cancelled_ && bodies_ == 0; }));
  });
}

TEST_F(CancellationTest, WhileReadingAStream) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    bool reads = false;
    start([&]() -> asio::awaitable<Outcome> {
      const auto stream = co_await open("/watch");
      if (!stream) co_return std::nullopt;
      const auto first = co_await stream->read_some(10s);
      EXPECT_TRUE(first);
      reads = true;
      const auto second = co_await stream->read_some(0ms);
      const auto third = co_await stream->read_some(0ms);
      EXPECT_EQ(failure_of(third), ErrorCode::kCancelled);
      co_return failure_of(second);
    });
    EXPECT_TRUE(co_await eventually([&] { return reads; }));
    cancel();
    co_await expect_cancelled();
    EXPECT_TRUE(co_await eventually([&] { return body_cancelled_ && bodies_ == 0; }));
  });
}

TEST_F(CancellationTest, BeforeTheRequest) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    start([&]() -> asio::awaitable<Outcome> {
      co_await asio::this_coro::throw_if_cancelled(false);
      for (int turn = 0; turn < 10; ++turn) co_await asio::post(io_, asio::use_awaitable);
      const Outcome sent = co_await send(get("/echo"));
      EXPECT_EQ(sent, ErrorCode::kCancelled);
      HttpRequest request = get("/echo");
      const auto stream = co_await client_->open(std::move(request));
      co_return failure_of(stream);
    });
    cancel();
    co_await expect_cancelled();
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(CancellationTest, OfAStreamByItsOwner) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/watch");
    if (!stream) co_return;
    start([&]() -> asio::awaitable<Outcome> {
      const auto first = co_await stream->read_some(0ms);
      EXPECT_TRUE(first);
      const auto second = co_await stream->read_some(0ms);
      co_return failure_of(second);
    });
    co_await pause(10ms);
    stream->cancel();
    co_await expect_cancelled();
    const auto later = co_await stream->read_some(0ms);
    EXPECT_EQ(failure_of(later), ErrorCode::kCancelled);
    EXPECT_TRUE(co_await eventually([&] { return body_cancelled_ && bodies_ == 0; }));
  });
}

TEST_F(CancellationTest, ByDestroyingTheStream) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    auto watch = co_await open("/watch");
    auto big = co_await open("/big");
    EXPECT_EQ(bodies_, 2);
    watch.reset();
    big.reset();
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0; }));
    EXPECT_TRUE(body_cancelled_);
    EXPECT_LT(produced_, kBig);
  });
}

TEST_F(CancellationTest, ByDestroyingTheClient) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/watch");
    if (!stream) co_return;
    start([&] { return send(get("/hang")); });
    EXPECT_TRUE(co_await eventually([&] { return requests_ == 2; }));
    client_.reset();
    co_await expect_cancelled();
    const Received received = co_await read_all(*stream);
    EXPECT_EQ(received.failure, ErrorCode::kCancelled);
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0 && handler_cancelled_; }));
  });
}

TEST_F(CancellationTest, ByDestroyingTheClientOfAPausedStream) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto stream = co_await open("/big");
    if (!stream) co_return;
    std::size_t before = 1;
    while (before != produced_) {
      before = produced_;
      co_await pause(20ms);
    }
    client_.reset();
    const Received received = co_await read_all(*stream);
    EXPECT_EQ(received.failure, ErrorCode::kCancelled);
    EXPECT_TRUE(co_await eventually([&] { return bodies_ == 0; }));
  });
}

TEST_F(CancellationTest, FromAnotherExecutorAtAnyTime) {
  serve();
  asio::thread_pool pool(1);
  client_on(pool);
  run([&]() -> asio::awaitable<void> {
    int cancelled = 0;
    for (int turns = 0; turns < 150; ++turns) {
      start([&]() -> asio::awaitable<Outcome> {
        HttpRequest request = get(turns % 3 == 0 ? "/echo" : "/watch");
        if (turns % 2 == 0) {
          const Outcome outcome = co_await send(std::move(request));
          co_return outcome;
        }
        auto stream = co_await client_->open(std::move(request));
        if (!stream) co_return failure_of(stream);
        const Received received = co_await read_all(**stream);
        co_return received.failure;
      });
      for (int turn = 0; turn < turns; ++turn) co_await asio::post(io_, asio::use_awaitable);
      cancel();
      EXPECT_TRUE(co_await eventually([this] { return over_; }));
      EXPECT_TRUE(!outcome_ || outcome_ == ErrorCode::kCancelled);
      cancelled += outcome_ ? 1 : 0;
    }
    EXPECT_GE(cancelled, 100) << "a watch ends in no other way";
    const auto after = co_await fetch("/echo");
    EXPECT_EQ(text_of(after), "GET /echo - ");
  });
  client_.reset();
  pool.join();
}

TEST_F(CancellationTest, FromAnotherThread) {
  serve();
  asio::thread_pool pool(1);
  client_on(pool);
  run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 30; ++i) {
      const auto stream = co_await open("/watch");
      if (!stream) co_return;
      std::thread other([&] { stream->cancel(); });
      const Received received = co_await read_all(*stream);
      EXPECT_EQ(received.failure, ErrorCode::kCancelled);
      other.join();
    }
  });
  client_.reset();
  pool.join();
}

TEST_F(CancellationTest, OfTheClientOnAnotherThread) {
  serve();
  for (int i = 0; i < 20; ++i) {
    asio::thread_pool pool(2);
    client_on(pool);
    run([&]() -> asio::awaitable<void> {
      const auto stream = co_await open("/watch");
      if (!stream) co_return;
      std::thread other([&] { client_.reset(); });
      const Received received = co_await read_all(*stream);
      EXPECT_EQ(received.failure, ErrorCode::kCancelled);
      other.join();
    });
    pool.join();
  }
}

}  // namespace
}  // namespace kubevitals::net
