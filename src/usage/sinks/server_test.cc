// Sends batches to a real server: tests/usage_sinks_test.py starts one, runs this with its URI, and asks it
// what has arrived.
//   KUBEVITALS_SINK_URI      as --sink takes it; without it the tests are skipped
//   KUBEVITALS_SINK_BATCHES  how many batches, one after the other; 2 without it
//   KUBEVITALS_SINK_PAUSE    milliseconds between them; 0 without it
//   KUBEVITALS_SINK_TIME     Unix seconds of the first batch; the others are a minute apart
//   KUBEVITALS_SINK_NODES    nodes of a batch, with 30 pods each; without it a batch is the small one, in
//   which
//                            the node's memory/usage is 7000000 + the batch's number
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "usage/sinks/sinks_manager.h"
#include "usage/sinks/test_batch.h"

namespace kubevitals::usage {
namespace {

std::int64_t number_of(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoll(text);
}

std::shared_ptr<const Batch> make_batch(int number) {
  const Nanos first = number_of("KUBEVITALS_SINK_TIME", kTestTime / 1'000'000'000);
  const Nanos time = (first + 60 * number) * 1'000'000'000;
  const std::int64_t nodes = number_of("KUBEVITALS_SINK_NODES", 0);
  if (nodes == 0) return test_batch(7'000'000 + number, time);
  Batch batch = *big_batch(static_cast<int>(nodes), 30);
  batch.timestamp = time;
  return std::make_shared<const Batch>(std::move(batch));
}

TEST(SinkServer, TakesWhatIsSent) {
  const char* uri = std::getenv("KUBEVITALS_SINK_URI");
  if (uri == nullptr) GTEST_SKIP() << "KUBEVITALS_SINK_URI is not set";
  asio::io_context io;
  asio::thread_pool workers(1);
  const SinkContext context{io.get_executor(), workers.get_executor(), system_clock(), {}};
  const Result<FlagUri> parsed = parse_flag_uri(uri);
  ASSERT_TRUE(parsed) << parsed.error().message;
  const std::vector<FlagUri> uris{*parsed};
  auto manager = SinkManager::make(uris, context, {});
  ASSERT_TRUE(manager) << manager.error().message;
  (*manager)->start();
  const auto batches = static_cast<int>(number_of("KUBEVITALS_SINK_BATCHES", 2));
  const std::chrono::milliseconds pause(number_of("KUBEVITALS_SINK_PAUSE", 0));
  double cpu = 0;
  auto run = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < batches; ++i) {
      const std::shared_ptr<const Batch> batch = make_batch(i);
      (*manager)->offer(batch);
      asio::awaitable<bool> waiting = system_clock().sleep_for(pause);
      co_await std::move(waiting);
    }
    const std::clock_t begin = std::clock();
    asio::awaitable<void> stopping = (*manager)->stop(std::chrono::seconds(60));
    co_await std::move(stopping);
    cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  asio::co_spawn(io, run, asio::detached);
  io.run();
  const SinkHealth health = (*manager)->health().front();
  std::printf("sent %llu retries %llu dropped %llu %llu %llu %llu took %.0f ms cpu %.2f s\n",
              static_cast<unsigned long long>(health.sent), static_cast<unsigned long long>(health.retries),
              static_cast<unsigned long long>(health.dropped[0]),
              static_cast<unsigned long long>(health.dropped[1]),
              static_cast<unsigned long long>(health.dropped[2]),
              static_cast<unsigned long long>(health.dropped[3]), health.attempts_ms, cpu);
  EXPECT_EQ(health.sent, static_cast<std::uint64_t>(batches))
      << (health.last_error ? health.last_error->message : "");
}

}  // namespace
}  // namespace kubevitals::usage
