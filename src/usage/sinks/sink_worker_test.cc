#include "usage/sinks/sink_worker.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <stdexcept>

#include "base/virtual_clock.h"
#include "exposition/metric_writer.h"
#include "usage/sinks/sinks_manager.h"
#include "usage/sinks/test_batch.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const Error kAway{ErrorCode::kUnavailable, "nobody there"};

// What a fake sink does, and what was done with it.
struct Script {
  std::deque<Result<void>> answers;  // when there are none left: success
  Duration takes{};                  // each attempt
  bool throws = false;
  std::vector<Nanos> attempts;  // timestamps of batches
  std::vector<Nanos> exported;
  int under_way = 0;
  bool stopped = false;
};

class FakeSink final : public Sink {
 public:
  FakeSink(Clock& clock, Script& script) : clock_(clock), script_(script) {}

  asio::awaitable<Result<void>> export_batch(std::shared_ptr<const Batch> batch) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    script_.attempts.push_back(batch->timestamp);
    if (script_.throws) throw std::runtime_error("broken");
    ++script_.under_way;
    EXPECT_EQ(script_.under_way, 1);
    const bool slept = co_await clock_.sleep_for(script_.takes);
    --script_.under_way;
    if (!slept) co_return Error{ErrorCode::kCancelled, "cancelled"};
    Result<void> answer;
    if (!script_.answers.empty()) {
      answer = script_.answers.front();
      script_.answers.pop_front();
    }
    if (answer) script_.exported.push_back(batch->timestamp);
    co_return answer;
  }

  asio::awaitable<void> stop() override {
    script_.stopped = true;
    co_return;
  }

 private:
  Clock& clock_;
  Script& script_;
};

class SinkWorkerTest : public testing::Test {
 protected:
  SinkWorker& make(SinkWorker::Options options = {}) {
    options.name = "fake";
    worker_ = std::make_unique<SinkWorker>(io_.get_executor(), clock_,
                                           std::make_unique<FakeSink>(clock_, script_), std::move(options));
    worker_->start();
    return *worker_;
  }
  void offer(Nanos timestamp) { worker_->offer(test_batch(1, timestamp)); }
  void pass(Duration duration) { clock_.run_for(io_, duration); }
  std::uint64_t dropped(DropReason reason) const {
    return worker_->health().dropped[static_cast<std::size_t>(reason)];
  }
  // How long it takes; the test's own clock stands still but for that.
  Duration stop(Duration grace) {
    bool ended = false;
    auto end = [&]() -> asio::awaitable<void> {
      asio::awaitable<void> stopping = worker_->stop(clock_.now() + grace);
      co_await std::move(stopping);
      ended = true;
    };
    asio::co_spawn(io_, end, asio::detached);
    const SteadyTime begin = clock_.now();
    while (!ended && clock_.now() - begin < 10min) pass(100ms);
    EXPECT_TRUE(ended);
    return clock_.now() - begin;
  }
  void TearDown() override {
    if (worker_) stop(0s);
  }

  asio::io_context io_;
  VirtualClock clock_;
  Script script_;
  std::unique_ptr<SinkWorker> worker_;
};

TEST_F(SinkWorkerTest, BatchesArriveInOrder) {
  script_.takes = 1s;
  make();
  for (Nanos i = 1; i <= 3; ++i) offer(i);
  EXPECT_EQ(worker_->health().queued_batches, 3U);
  EXPECT_GT(worker_->health().queued_bytes, 0U);
  pass(10s);
  EXPECT_THAT(script_.exported, ElementsAre(1, 2, 3));
  const SinkHealth health = worker_->health();
  EXPECT_EQ(health.sent, 3U);
  EXPECT_EQ(health.queued_batches, 0U);
  EXPECT_EQ(health.queued_bytes, 0U);
  EXPECT_EQ(health.attempts_ms, 3000);
  EXPECT_TRUE(health.last_success.has_value());
  EXPECT_FALSE(health.last_error.has_value());
}

TEST_F(SinkWorkerTest, FailuresAreTriedAgainWithGrowingDelays) {
  script_.answers = {kAway, kAway, kAway};
  make();
  offer(1);
  offer(2);
  pass(100ms);
  EXPECT_EQ(worker_->health().last_error->message, "nobody there");
  EXPECT_THAT(script_.attempts, ElementsAre(1));
  // Delays are 1, 2 and 4 s, each up to twice as long.
  pass(900ms);
  EXPECT_EQ(script_.attempts.size(), 1U);
  pass(1s);
  EXPECT_EQ(script_.attempts.size(), 2U);
  pass(12s);
  EXPECT_THAT(script_.attempts, ElementsAre(1, 1, 1, 1, 2));
  EXPECT_THAT(script_.exported, ElementsAre(1, 2));
  EXPECT_EQ(worker_->health().retries, 3U);
}

TEST_F(SinkWorkerTest, APeerThatAsksForTimeGetsIt) {
  Error busy = kAway;
  busy.retry_after = 1min;
  Error very_busy = kAway;
  very_busy.retry_after = 10min;
  script_.answers = {busy, very_busy};
  make();
  offer(1);
  pass(59s);
  EXPECT_EQ(script_.attempts.size(), 1U);
  pass(2s);
  EXPECT_EQ(script_.attempts.size(), 2U);
  offer(2);
  pass(4min);
  EXPECT_EQ(script_.attempts.size(), 2U);
  offer(3);
  pass(2min);
  EXPECT_THAT(script_.exported, ElementsAre(2, 3)) << "after as long as batches are kept, and not later";
  EXPECT_EQ(dropped(DropReason::kAge), 1U);
}

TEST_F(SinkWorkerTest, RefusedBatchesAreDroppedAndCounted) {
  script_.answers = {Error{ErrorCode::kInvalid, "malformed"}};
  make();
  offer(1);
  offer(2);
  pass(1s);
  EXPECT_THAT(script_.exported, ElementsAre(2));
  EXPECT_EQ(dropped(DropReason::kRefused), 1U);
  EXPECT_EQ(worker_->health().retries, 0U);
}

TEST_F(SinkWorkerTest, SlowSinksAreCutOff) {
  script_.takes = 1h;
  SinkWorker::Options options;
  options.export_timeout = 20s;
  make(std::move(options));
  offer(1);
  pass(19s);
  EXPECT_EQ(script_.under_way, 1);
  pass(2s);
  EXPECT_EQ(script_.under_way, 0);
  EXPECT_THAT(worker_->health().last_error->message, HasSubstr("not done after 20 s"));
  script_.takes = 0s;
  pass(5s);
  EXPECT_THAT(script_.exported, ElementsAre(1));
}

TEST_F(SinkWorkerTest, OldBatchesAreDroppedAndCounted) {
  script_.answers.assign(1000, kAway);
  make();
  offer(1);
  pass(3min);
  offer(2);
  pass(2min + 31s);
  EXPECT_EQ(dropped(DropReason::kAge), 1U);
  script_.answers.clear();
  pass(2min);
  EXPECT_THAT(script_.exported, ElementsAre(2));
  EXPECT_EQ(worker_->health().queued_batches, 0U);
}

TEST_F(SinkWorkerTest, QueueIsBoundedByBytes) {
  script_.takes = 10s;
  SinkWorker::Options options;
  options.max_bytes = estimated_bytes(*test_batch()) * 5 / 2;  // two and a half
  make(std::move(options));
  offer(1);
  pass(1s);  // under way: stays
  for (Nanos i = 2; i <= 4; ++i) offer(i);
  EXPECT_EQ(worker_->health().queued_batches, 2U);
  EXPECT_EQ(dropped(DropReason::kBytes), 2U);
  pass(1min);
  EXPECT_THAT(script_.exported, ElementsAre(1, 4));
}

TEST_F(SinkWorkerTest, OneBatchHasRoomHoweverBigItIs) {
  SinkWorker::Options options;
  options.max_bytes = 1;
  make(std::move(options));
  offer(1);
  offer(2);
  pass(1s);
  EXPECT_THAT(script_.exported, ElementsAre(2));
  EXPECT_EQ(dropped(DropReason::kBytes), 1U);
}

TEST_F(SinkWorkerTest, StopSendsWhatIsThere) {
  script_.takes = 1s;
  make();
  for (Nanos i = 1; i <= 3; ++i) offer(i);
  pass(500ms);
  EXPECT_LE(stop(30s), 3s);
  EXPECT_THAT(script_.exported, ElementsAre(1, 2, 3));
  EXPECT_TRUE(script_.stopped);
  offer(4);
  pass(1s);
  EXPECT_EQ(script_.exported.size(), 3U);
  EXPECT_EQ(dropped(DropReason::kStopped), 1U);
  worker_.reset();
}

TEST_F(SinkWorkerTest, StopDoesNotWaitForTheNextAttempt) {
  script_.answers.assign(6, kAway);
  make();
  offer(1);
  pass(40s);  // the next attempt is in more than half a minute
  script_.answers.clear();
  EXPECT_LE(stop(5s), 200ms);
  EXPECT_THAT(script_.exported, ElementsAre(1));
  worker_.reset();
}

TEST_F(SinkWorkerTest, StopEndsWithItsGracePeriod) {
  script_.takes = 1h;
  make();
  offer(1);
  offer(2);
  pass(1s);
  const Duration took = stop(5s);
  EXPECT_GE(took, 5s);
  EXPECT_LE(took, 5200ms);
  EXPECT_EQ(script_.under_way, 0);
  EXPECT_EQ(dropped(DropReason::kStopped), 2U);
  worker_.reset();
}

TEST_F(SinkWorkerTest, ExceptionsAreFailures) {
  script_.throws = true;
  make();
  offer(1);
  pass(100ms);
  EXPECT_EQ(worker_->health().last_error->message, "cannot export the batch: broken");
  script_.throws = false;
  pass(10s);
  EXPECT_THAT(script_.exported, ElementsAre(1));
}

TEST_F(SinkWorkerTest, RecentDurationsAreForgotten) {
  script_.takes = 1s;
  make();
  offer(1);
  pass(2s);
  EXPECT_THAT(worker_->health().recent_ms, ElementsAre(1000));
  pass(10min);
  EXPECT_THAT(worker_->health().recent_ms, ElementsAre());
}

TEST(SinkManager, SinksDoNotDelayEachOther) {
  asio::io_context io;
  VirtualClock clock;
  Script dead;
  Script alive;
  dead.takes = 1h;
  const SinkContext context{io.get_executor(), io.get_executor(), clock, {}};
  SinkManager manager(context, {});
  manager.add("fake", "Fake Sink", "fake:a", std::make_unique<FakeSink>(clock, dead));
  manager.add("fake", "Fake Sink", "fake:b", std::make_unique<FakeSink>(clock, alive));
  manager.start();
  manager.offer(test_batch(1, 1));
  clock.run_for(io, 1s);
  EXPECT_THAT(alive.exported, ElementsAre(1));
  bool ended = false;
  auto stop = [&]() -> asio::awaitable<void> {
    asio::awaitable<void> stopping = manager.stop(5s);
    co_await std::move(stopping);
    ended = true;
  };
  asio::co_spawn(io, stop, asio::detached);
  clock.run_for(io, 6s);
  EXPECT_TRUE(ended);
  const std::vector<SinkHealth> health = manager.health();
  EXPECT_EQ(health[0].name, "fake");
  EXPECT_EQ(health[1].name, "fake-2");
  EXPECT_EQ(health[1].uri, "fake:b");
  exposition::MetricWriter writer;
  manager.write_metrics(writer);
  const std::string text = writer.take();
  EXPECT_THAT(text, HasSubstr("# TYPE heapster_exporter_duration_milliseconds summary\n"));
  EXPECT_THAT(text, HasSubstr("heapster_exporter_duration_milliseconds{exporter=\"Fake Sink\","
                              "quantile=\"0.99\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("heapster_exporter_duration_milliseconds_count{exporter=\"Fake Sink\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("heapster_exporter_last_time_seconds{exporter=\"Fake Sink\"} 1.5e+09\n"));
  EXPECT_THAT(text, HasSubstr("kubevitals_usage_sink_sent_batches_total{sink=\"fake-2\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("kubevitals_usage_sink_dropped_batches_total{sink=\"fake\",reason=\"stopped\"} 1\n"));
}

TEST(SinkManager, WhatIsWrongIsNamed) {
  asio::io_context io;
  VirtualClock clock;
  const SinkContext context{io.get_executor(), io.get_executor(), clock, {}};
  const auto message = [&](std::string_view text) {
    const std::vector<FlagUri> uris{*parse_flag_uri(text)};
    const auto manager = SinkManager::make(uris, context, {});
    return manager ? "" : manager.error().message;
  };
  EXPECT_EQ(message("riemann:http://h:1?token=x"),
            "cannot make the sink riemann:http://h:1: the sink riemann is not yet supported");
  EXPECT_THAT(message("influx:http://h"),
              HasSubstr("there is no sink influx; there are graphite, influxdb, "));
  EXPECT_EQ(message("influxdb:http://u:geheim@h?pw=geheim&secure=x"),
            "cannot make the sink influxdb:http://h?secure=x: secure: expected true or false, not x");
  for (const std::string_view name : {"elasticsearch", "riemann", "hawkular", "librato", "honeycomb",
                                      "wavefront", "stackdriver", "gcm", "monasca"}) {
    EXPECT_THAT(message(name), HasSubstr("not yet supported"));
  }
}

}  // namespace
}  // namespace kubevitals::usage
