// What every sink does, with a peer that takes, is away, hangs, fails, refuses, and comes back.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "usage/sinks/fake_peers.h"
#include "usage/sinks/log/log.h"
#include "usage/sinks/sinks_manager.h"
#include "usage/sinks/test_batch.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class SinkHarness {
 public:
  SinkHarness() = default;
  ~SinkHarness() {
    if (manager_) stop(0ms);
  }

  SinkContext context() {
    SinkContext context{io_.get_executor(), io_.get_executor(), system_clock(), {}};
    context.export_timeout = export_timeout_;
    return context;
  }

  void start(const std::string& uri, SinksOptions options = {}) {
    options.first_delay = 20ms;
    const std::vector<FlagUri> uris{*parse_flag_uri(uri)};
    auto manager = SinkManager::make(uris, context(), options);
    ASSERT_TRUE(manager) << manager.error().message;
    manager_ = std::move(*manager);
    manager_->start();
  }
  void start(std::unique_ptr<Sink> sink) {
    SinksOptions options;
    options.first_delay = 20ms;
    manager_ = std::make_unique<SinkManager>(context(), options);
    manager_->add("sink", "Sink", "sink", std::move(sink));
    manager_->start();
  }

  // A batch that can be told from the others.
  void offer(int number) { manager_->offer(test_batch(mark(number), kTestTime + number * 60'000'000'000)); }
  static std::int64_t mark(int number) { return 7'000'000 + number; }

  bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_for(5ms);
    }
    return true;
  }
  SinkHealth health() const { return manager_->health().front(); }
  // The last error, if there is one.
  std::string why() const {
    const SinkHealth now = health();
    return now.last_error ? now.last_error->message : "no error";
  }
  std::uint64_t dropped(DropReason reason) const {
    return health().dropped[static_cast<std::size_t>(reason)];
  }
  bool idle() const { return health().queued_batches == 0; }

  void stop(std::chrono::milliseconds grace) {
    bool ended = false;
    auto end = [&]() -> asio::awaitable<void> {
      asio::awaitable<void> stopping = manager_->stop(grace);
      co_await std::move(stopping);
      ended = true;
    };
    asio::co_spawn(io_, end, asio::detached);
    EXPECT_TRUE(eventually([&] { return ended; }));
    manager_.reset();
  }

  // The numbers of the batches in the order in which they came first.
  static std::vector<int> order(const std::vector<std::string>& messages) {
    std::vector<int> numbers;
    for (const std::string& message : messages) {
      for (int number = 1; number <= 9; ++number) {
        const bool is_in = message.find(std::to_string(mark(number))) != std::string::npos;
        if (is_in && std::find(numbers.begin(), numbers.end(), number) == numbers.end()) {
          numbers.push_back(number);
        }
      }
    }
    return numbers;
  }

  asio::io_context io_;
  std::chrono::milliseconds export_timeout_{400};
  std::unique_ptr<SinkManager> manager_;
};

class SinkConformance : public testing::TestWithParam<PeerType>, protected SinkHarness {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    // librdkafka starts its threads in a way that this sanitizer does not see, and then falls over.
    if (std::string_view(GetParam().name).starts_with("Kafka")) GTEST_SKIP() << "librdkafka's threads";
#endif
#endif
    peer_ = GetParam().make(io_);
    export_timeout_ = GetParam().export_timeout;
  }
  void TearDown() override {
    if (manager_) stop(0ms);
    peer_.reset();
  }
  std::vector<int> arrived() { return order(peer_->received()); }

  std::unique_ptr<FakePeer> peer_;
};

TEST_P(SinkConformance, BatchesArriveInOrder) {
  start(peer_->uri());
  for (int i = 1; i <= 3; ++i) offer(i);
  EXPECT_TRUE(eventually([&] { return idle() && arrived().size() == 3; })) << why();
  EXPECT_THAT(arrived(), ElementsAre(1, 2, 3));
  EXPECT_EQ(health().sent, 3U);
  EXPECT_EQ(health().retries, 0U);
}

TEST_P(SinkConformance, NothingIsLostWhileThePeerIsAway) {
  start(peer_->uri());
  offer(1);
  EXPECT_TRUE(eventually([&] { return idle(); }));
  EXPECT_TRUE(eventually([&] { return arrived().size() == 1; }));
  peer_->set_up(false);
  offer(2);
  offer(3);
  EXPECT_TRUE(eventually([&] { return health().retries >= 1; }));
  EXPECT_TRUE(health().last_error.has_value());
  EXPECT_EQ(health().queued_batches, 2U);
  peer_->set_up(true);
  offer(4);
  EXPECT_TRUE(eventually([&] { return idle() && arrived().size() == 4; })) << why();
  EXPECT_THAT(arrived(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(health().sent, 4U);
}

TEST_P(SinkConformance, WhatIsBeyondTheBoundsIsCounted) {
  SinksOptions options;
  options.max_bytes = estimated_bytes(*test_batch()) * 5 / 2;
  start(peer_->uri(), options);
  peer_->set_up(false);
  offer(1);
  EXPECT_TRUE(eventually([&] { return health().retries >= 1; }));
  for (int i = 2; i <= 5; ++i) offer(i);
  EXPECT_EQ(dropped(DropReason::kBytes), 3U);
  peer_->set_up(true);
  EXPECT_TRUE(eventually([&] { return idle() && health().sent == 2; })) << why();
  EXPECT_TRUE(eventually([&] { return arrived().size() == 2; }));
  EXPECT_EQ(arrived().back(), 5);
}

class SinkWithHangingPeer : public SinkConformance {};

TEST_P(SinkWithHangingPeer, AHangingPeerIsCutOffAndTriedAgain) {
  peer_->set_mode(FakePeer::Mode::kHangs);
  start(peer_->uri());
  offer(1);
  offer(2);
  EXPECT_TRUE(eventually([&] { return health().retries >= 2; }));
  EXPECT_THAT(why(), testing::HasSubstr("was not done after"));
  peer_->set_mode(FakePeer::Mode::kTakes);
  EXPECT_TRUE(eventually([&] { return idle() && arrived().size() == 2; }));
  EXPECT_THAT(arrived(), ElementsAre(1, 2));
}

class SinkWithAnsweringPeer : public SinkConformance {};

TEST_P(SinkWithAnsweringPeer, AFailingPeerIsTriedAgain) {
  peer_->set_mode(FakePeer::Mode::kFails);
  start(peer_->uri());
  offer(1);
  EXPECT_TRUE(eventually([&] { return health().retries >= 2; }));
  EXPECT_THAT(why(), testing::HasSubstr("HTTP 503: not now"));
  peer_->set_mode(FakePeer::Mode::kTakes);
  EXPECT_TRUE(eventually([&] { return idle() && arrived().size() == 1; }));
  EXPECT_FALSE(health().last_error.has_value());
}

TEST_P(SinkWithAnsweringPeer, WhatIsRefusedIsCountedAndTheNextBatchSent) {
  peer_->set_mode(FakePeer::Mode::kRefuses);
  start(peer_->uri());
  offer(1);
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::kRefused) == 1; }));
  EXPECT_THAT(why(), testing::HasSubstr("HTTP 400: never"));
  peer_->set_mode(FakePeer::Mode::kTakes);
  offer(2);
  EXPECT_TRUE(eventually([&] { return idle() && arrived().size() == 1; }));
  EXPECT_THAT(arrived(), ElementsAre(2));
}

TEST_P(SinkConformance, StopSendsWhatWaits) {
  start(peer_->uri());
  for (int i = 1; i <= 3; ++i) offer(i);
  stop(10s);
  EXPECT_TRUE(eventually([&] { return arrived().size() == 3; }));
}

TEST_P(SinkConformance, StopEndsWithoutThePeer) {
  peer_->set_up(false);
  start(peer_->uri());
  offer(1);
  EXPECT_TRUE(eventually([&] { return health().retries >= 1; }));
  const auto begin = std::chrono::steady_clock::now();
  stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

std::vector<PeerType> peers_that(bool PeerType::*can) {
  std::vector<PeerType> peers;
  std::copy_if(peer_types().begin(), peer_types().end(), std::back_inserter(peers),
               [can](const PeerType& type) { return type.*can; });
  return peers;
}
std::string name_of(const testing::TestParamInfo<PeerType>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, SinkConformance, testing::ValuesIn(peer_types()), name_of);
INSTANTIATE_TEST_SUITE_P(All, SinkWithHangingPeer, testing::ValuesIn(peers_that(&PeerType::hangs)), name_of);
INSTANTIATE_TEST_SUITE_P(All, SinkWithAnsweringPeer, testing::ValuesIn(peers_that(&PeerType::answers)),
                         name_of);

TEST(LogSink, WritesToAPipeThatIsReadLater) {
  SinkHarness harness;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  harness.start(make_log_sink(ends[1], harness.context()));
  // More than the pipe holds: the rest waits, over several attempts.
  for (int i = 1; i <= 3; ++i) harness.manager_->offer(big_batch(2, 30));
  harness.offer(4);
  EXPECT_TRUE(harness.eventually([&] { return harness.health().retries >= 1; }));
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::string text;
  EXPECT_TRUE(harness.eventually([&] {
    char bytes[4096];
    for (ssize_t size = 0; (size = ::read(ends[0], bytes, sizeof(bytes))) > 0;) {
      text.append(bytes, static_cast<std::size_t>(size));
    }
    return harness.idle();
  }));
  harness.stop(0ms);
  for (char bytes[4096]; true;) {
    const ssize_t size = ::read(ends[0], bytes, sizeof(bytes));
    if (size <= 0) break;
    text.append(bytes, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  // Nothing is there twice, nothing is missing.
  std::string batch = log_heading(kTestTime);
  EXPECT_THAT(text, testing::StartsWith(batch + "MetricSet: namespace:default/pod:shop-0-0\n"));
  std::size_t sets = 0;
  for (std::size_t at = text.find("MetricSet: "); at != text.npos; at = text.find("MetricSet: ", at + 1))
    ++sets;
  EXPECT_EQ(sets, 3U * 2 * (1 + 30 * 3) + 6);
  const std::size_t second = text.find(batch, 1);
  EXPECT_EQ(text.substr(0, second), text.substr(second, second));
}

}  // namespace
}  // namespace kubevitals::usage
