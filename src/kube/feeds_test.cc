// Subscribers that come and go.
#include "kube/feeds.h"

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "kube/feed_fixture.h"

namespace kubevitals::kube::fake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class FeedsTest : public FeedTest {};

INSTANTIATE_TEST_SUITE_P(, FeedsTest, testing::Values(Encoding::kJson, Encoding::kProtobuf), encoding_name);

TEST_P(FeedsTest, OneReflectorServesAllSubscribersOfAScope) {
  follow();
  follow();
  run();
  EXPECT_THAT(transport.requests, SizeIs(1));
  EXPECT_THAT(feeds->stats(), SizeIs(1));
  scope.label_selector = "app=x";
  follow();
  run();
  EXPECT_THAT(transport.requests, SizeIs(2));
  EXPECT_THAT(feeds->stats(), SizeIs(2));
}

TEST_P(FeedsTest, WhoJoinsLateGetsAListAndTheOthersOnlyWhatChanged) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.event("ADDED", {"b", "u-b", "2"}),
                        wire.event("ADDED", {"c", "u-c", "3"}), wire.bookmark("9", true)}));
  Recorder& first = follow();
  run(1min);
  first.take_log();
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.event("ADDED", {"b", "u-b", "12"})}));
  Recorder& second = follow();
  run();
  last_body().push(wire.bookmark("19", true) + wire.event("DELETED", {"a", "u-a", "20"}));
  run();
  EXPECT_THAT(first.take_log(), ElementsAre("+b@12", "-c", "synced", "-a"));
  EXPECT_THAT(second.take_log(), ElementsAre("+a@1", "+b@12", "synced", "-a")) << "it never knew c";
}

TEST_P(FeedsTest, WhoJoinsDuringAListGetsAWholeOne) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.event("ADDED", {"b", "u-b", "2"})}));
  Recorder& first = follow();
  run();
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"})}));
  Recorder& second = follow();
  run();
  last_body().push(wire.bookmark("9", true));
  run();
  EXPECT_THAT(first.take_log(), ElementsAre("+a@1", "+b@2", "-b", "synced"));
  EXPECT_THAT(second.take_log(), ElementsAre("+a@1", "synced"));
  EXPECT_THAT(stats().list_errors, IsEmpty());
}

TEST_P(FeedsTest, WhoJoinsWhileTheServerIsAwayWaitsWithTheOthers) {
  transport.then(refusal(503, "ServiceUnavailable", "later", "30"));
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.bookmark("9", true)}));
  Recorder& first = follow();
  run(10s);
  Recorder& second = follow();
  run(10s);
  EXPECT_THAT(transport.requests, SizeIs(1));
  run(20s);
  EXPECT_THAT(first.take_log(), ElementsAre("+a@1", "synced"));
  EXPECT_THAT(second.take_log(), ElementsAre("+a@1", "synced"));
}

TEST_P(FeedsTest, WhoLeavesHearsNothingMoreAndIsReleased) {
  transport.then(watch({wire.bookmark("9", true)}));
  Recorder& first = follow();
  follow();
  const std::weak_ptr<Recorder> second = recorders.back();
  run();
  subscriptions.pop_back();
  recorders.pop_back();
  EXPECT_TRUE(second.expired());
  last_body().push(wire.event("ADDED", {"a", "u-a", "10"}));
  run();
  EXPECT_EQ(first.objects().size(), 1u);
  EXPECT_THAT(feeds->stats(), SizeIs(1));
}

TEST_P(FeedsTest, TheLastOneToLeaveEndsTheReflector) {
  transport.then(watch({wire.bookmark("9", true)}));
  follow();
  run();
  subscriptions.clear();
  run();
  EXPECT_THAT(feeds->stats(), IsEmpty());
  EXPECT_TRUE(last_body().gone());
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "10"}), wire.bookmark("19", true)}));
  Recorder& again = follow();
  run();
  EXPECT_THAT(again.take_log(), ElementsAre("+a@10", "synced"));
}

TEST_P(FeedsTest, ASubscriberMayLeaveFromWithinACall) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.event("ADDED", {"b", "u-b", "2"})}));
  Recorder& recorder = follow();
  recorder.before_call = [this] { subscriptions.clear(); };
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1"));
}

TEST_P(FeedsTest, SubscriptionsMayOutliveTheFeeds) {
  transport.then(watch({wire.bookmark("9", true)}));
  follow();
  run();
  stop();
  feeds.reset();
  subscriptions.clear();
  run();
}

TEST_P(FeedsTest, NothingIsFollowedAfterTheEnd) {
  follow();
  run();
  stop();
  const std::size_t requests = transport.requests.size();
  follow();
  run(1h);
  EXPECT_EQ(transport.requests.size(), requests);
}

TEST_P(FeedsTest, ASubscriberMayUseTheFeedsFromWithinACall) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "1"}), wire.bookmark("9", true)}));
  std::unique_ptr<Subscription> other;
  const auto nested = std::make_shared<Recorder>();
  // On the workers themselves, where a feed could begin to run while it is being subscribed to.
  asio::post(context, [&] {
    follow().before_call = [&] {
      EXPECT_THAT(feeds->stats(), SizeIs(testing::Ge(1u)));
      if (!other) {
        other = feeds->subscribe<Namespace>({kNamespaces, "elsewhere", {}, {}}, nested);
      }
    };
  });
  run();
  EXPECT_THAT(feeds->stats(), SizeIs(2));
  other.reset();
}

// Wherever a feed is, it ends at once; stop() itself checks that.
TEST_P(FeedsTest, EndsFromEveryState) {
  const std::string half_list = wire.list({{"a", "u-a", "1"}}, "9").substr(0, 30);
  const std::vector<std::function<void()>> states{
      [] {},                                                                    // waits for a head
      [&] { transport.then(watch()); },                                         // for initial events
      [&] { transport.then(watch({wire.bookmark("9", true)})); },               // for events
      [&] { transport.then(refusal(503, "ServiceUnavailable", "x", "100")); },  // for better times
      [&] {                                                                     // for the body of a refusal
        Response response = body(false);
        response.status = 500;
        transport.then(response);
      },
      [&] {  // for the rest of a list
        transport.then(refusal(422, "Invalid"));
        Response response = body(false);
        response.body->push(half_list);
        transport.then(response);
      },
      [&] {  // for a second watch
        Response response = watch({wire.bookmark("9", true)});
        response.body->end(5s);
        transport.then(response);
      },
  };
  for (const auto& prepare : states) {
    prepare();
    follow();
    run(7s);
    const std::size_t requests = transport.requests.size();
    stop();
    run(1h);
    EXPECT_EQ(transport.requests.size(), requests) << "nothing runs afterwards";
    subscriptions.clear();
    feeds.reset();
  }
}

TEST_P(FeedsTest, EndsBeforeItHasBegun) {
  follow();
  subscriptions.clear();
  stop();
  EXPECT_THAT(transport.requests, SizeIs(0));
}

// An API server for real threads: lists are empty, watches end after a moment or are cancelled.
class BusyTransport final : public ApiTransport {
 public:
  explicit BusyTransport(const Wire& wire) : wire_(wire) {}

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(ApiRequest) override {
    ++opened;
    std::unique_ptr<net::HttpStream> stream = std::make_unique<BusyStream>(*this);
    co_return stream;
  }
  asio::awaitable<Result<net::HttpResponse>> send(ApiRequest) override {
    co_return Error{ErrorCode::kUnsupported, "not here"};
  }

  std::atomic<int> opened = 0;

 private:
  class BusyStream final : public net::HttpStream {
   public:
    explicit BusyStream(const BusyTransport& transport)
        : wire_(transport.wire_), headers_{{"Content-Type", transport.wire_.content_type(true)}} {}
    int status() const override { return 200; }
    const net::Headers& headers() const override { return headers_; }
    std::uint64_t wire_bytes() const override { return 0; }
    void cancel() override { cancelled_ = true; }
    asio::awaitable<Result<std::string>> read_some(std::chrono::milliseconds) override {
      co_await asio::this_coro::throw_if_cancelled(false);
      if (version_ == 100) {
        const bool waited = co_await system_clock().sleep_for(200us);
        if (!waited || cancelled_) {
          co_return Error{ErrorCode::kCancelled, "cancelled"};
        }
      }
      ++version_;
      const std::string version = std::to_string(version_);
      if (version_ == 101) {
        co_return wire_.bookmark(version, true);
      }
      co_return wire_.event("ADDED", {"n" + version, "u" + version, version});
    }

   private:
    const Wire& wire_;
    net::Headers headers_;
    std::atomic<bool> cancelled_ = false;
    int version_ = 0;
  };

  const Wire& wire_;
};

class Counter final : public FeedSubscriber<Namespace> {
 public:
  void on_upsert(ObjectSlot, const Namespace&) override { call(); }
  void on_delete(ObjectSlot) override { call(); }
  void on_synced() override { call(); }
  std::atomic<bool> left = false;
  std::atomic<int> calls = 0;
  std::atomic<int> late = 0;

 private:
  void call() {
    ++calls;
    late += left ? 1 : 0;
  }
};

TEST(FeedsThreadTest, SubscribersComeAndGoOnAllThreads) {
  const Wire wire(Encoding::kProtobuf);
  BusyTransport transport(wire);
  asio::thread_pool workers(3);
  auto feeds = std::make_unique<Feeds>(workers.get_executor(), transport, system_clock(), FeedOptions{}, 1);
  std::atomic<int> late = 0;
  std::atomic<int> calls = 0;
  const auto come_and_go = [&](int thread) {
    for (int i = 0; i < 100; ++i) {
      const auto counter = std::make_shared<Counter>();
      auto subscription = feeds->subscribe<Namespace>({kNamespaces, {}, i % 3 == 0 ? "x" : "", {}}, counter);
      if ((i + thread) % 4 == 0) {
        while (counter->calls == 0) {
          std::this_thread::yield();
        }
      }
      (void)feeds->stats();
      subscription.reset();
      counter->left = true;
      std::this_thread::yield();
      late += counter->late;
      calls += counter->calls;
    }
  };
  std::thread first([&] { come_and_go(0); });
  std::thread second([&] { come_and_go(1); });
  first.join();
  second.join();
  const auto stays = std::make_shared<Counter>();
  const auto subscription = feeds->subscribe<Namespace>({kNamespaces, {}, {}, {}}, stays);
  asio::io_context elsewhere;
  bool stopped = false;
  asio::co_spawn(elsewhere, feeds->stop(), [&](const std::exception_ptr&) { stopped = true; });
  elsewhere.run();
  EXPECT_TRUE(stopped);
  const int at_end = transport.opened;
  feeds.reset();
  workers.join();
  EXPECT_EQ(transport.opened, at_end);
  EXPECT_EQ(late, 0);
  EXPECT_GT(calls, 0);
}

}  // namespace
}  // namespace kubevitals::kube::fake
