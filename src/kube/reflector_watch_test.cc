// How a feed follows what changes.
#include "kube/feed_fixture.h"

namespace kubevitals::kube::fake {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Lt;
using testing::Pair;
using testing::SizeIs;

// Each test begins with a at version 5 and b at 6, listed at 9; the list and the first watch are requests 0
// and 1.
class ReflectorWatchTest : public FeedTest {
 protected:
  ReflectorWatchTest() {
    options.watch_list = false;
    transport.then(list({{"a", "u-a", "5"}, {"b", "u-b", "6"}}, "9"));
    transport.then(watch());
    recorder = &follow();
    run();
    recorder->take_log();
  }

  void push(const std::string& bytes) {
    last_body().push(bytes);
    run();
  }

  Recorder* recorder;
};

INSTANTIATE_TEST_SUITE_P(, ReflectorWatchTest, testing::Values(Encoding::kJson, Encoding::kProtobuf),
                         encoding_name);

TEST_P(ReflectorWatchTest, FollowsWhatHappens) {
  push(wire.event("ADDED", {"c", "u-c", "10"}));
  push(wire.event("MODIFIED", {"a", "u-a", "11"}) + wire.event("DELETED", {"b", "u-b", "12"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+c@10", "+a@11", "-b"));
  EXPECT_EQ(stats().objects, 2u);
  EXPECT_THAT(std::stoi(transport.requests.at(1).parameter("timeoutSeconds")), AllOf(Ge(300), Lt(600)));
}

TEST_P(ReflectorWatchTest, TakesEventsThatArriveByteByByte) {
  for (const char byte :
       wire.event("MODIFIED", {"a", "u-a", "11"}) + wire.event("DELETED", {"b", "u-b", "12"})) {
    last_body().push(std::string(1, byte));
  }
  run();
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@11", "-b"));
}

TEST_P(ReflectorWatchTest, FollowsAServerThatWasRestoredFromABackup) {
  // The watch from version 9 is accepted, but the history has started again below it.
  transport.then(list({{"z", "u-z", "2"}}, "3"));
  transport.then(list({{"z", "u-z", "2"}}, "3"));
  transport.then(watch());
  push(wire.bookmark("3"));
  run(2min);
  // Shown twice, because the first list was not believed.
  EXPECT_THAT(recorder->take_log(), ElementsAre("+z@2", "+z@2", "-a", "-b", "synced"));
}

TEST_P(ReflectorWatchTest, GoesOnFromTheLastEventWhenAWatchEnds) {
  push(wire.event("MODIFIED", {"a", "u-a", "11"}));
  run(2min);
  last_body().end();
  run();
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "11");
  EXPECT_EQ(since(2, 1), 2min) << "at once";
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@11")) << "without a list";
  EXPECT_THAT(stats().watch_errors, IsEmpty());
}

TEST_P(ReflectorWatchTest, BookmarksMoveItOn) {
  push(wire.bookmark("50"));
  run(1min);
  last_body().end();
  run();
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "50");
  EXPECT_EQ(stats().reconnects, 1u);
  EXPECT_THAT(recorder->take_log(), IsEmpty());
}

TEST_P(ReflectorWatchTest, DoesNotSpinWhenWatchesEndAtOnce) {
  transport.fallback = [this](const Request&) {
    Response response = watch();
    response.body->end();
    return response;
  };
  last_body().end();
  run(10min);
  EXPECT_LT(transport.requests.size(), 40u);
  EXPECT_GT(transport.requests.size(), 10u);
  EXPECT_EQ(recorder->synced, 1);
}

TEST_P(ReflectorWatchTest, DoesNotSpinWhenWatchesEndAfterOneEvent) {
  int version = 10;
  transport.fallback = [this, &version](const Request&) {
    Response response = watch({wire.bookmark(std::to_string(version++))});
    response.body->end();
    return response;
  };
  last_body().end();
  run(1min);
  EXPECT_THAT(transport.requests.size(), AllOf(Ge(50u), Le(65u))) << "one a second";
}

TEST_P(ReflectorWatchTest, ListsAgainAndDiffsWhenItIsTooLate) {
  run(1min);
  transport.then(list({{"b", "u-b", "6"}, {"c", "u-c", "20"}}, "30"));
  transport.then(watch());
  push(wire.error(410, "Expired", "too old resource version"));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+c@20", "-a", "synced"));
  EXPECT_EQ(since(2, 1), 1min) << "at once";
  EXPECT_EQ(transport.requests.at(3).parameter("resourceVersion"), "30");
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("410", 1)));
  EXPECT_EQ(stats().last_error, "");
}

TEST_P(ReflectorWatchTest, ListsAgainWhenAWatchIsRefusedAsTooLate) {
  run(1min);
  last_body().end();
  transport.then(refusal(410, "Gone"));
  transport.then(list({{"a", "u-a", "5"}}, "30"));
  run();
  EXPECT_THAT(recorder->take_log(), ElementsAre("-b", "synced"));
}

TEST_P(ReflectorWatchTest, DoesNotSpinBetweenListsAndExpiredWatches) {
  transport.fallback = [this](const Request& request) {
    return request.is_watch() ? refusal(410, "Gone") : list({}, "30");
  };
  last_body().end();
  run(10min);
  EXPECT_LT(transport.requests.size(), 80u);
}

TEST_P(ReflectorWatchTest, OtherErrorsWaitAndGoOnWithoutAList) {
  run(1min);
  transport.then(refusal(500, "InternalError"));
  transport.then(refusal(429, "TooManyRequests", "slow", "45"));
  transport.then(watch({wire.error(500, "InternalError", "etcd is away", 70)}));
  transport.then(watch());
  last_body().cut();
  run(10s);
  EXPECT_EQ(stats().last_error, "cannot watch namespaces: the API server answered 429: slow");
  run(10min);
  EXPECT_GE(since(3, 2), 800ms);
  EXPECT_GE(since(4, 3), 45s);
  EXPECT_GE(since(5, 4), 70s);
  EXPECT_EQ(transport.requests.at(5).parameter("resourceVersion"), "9");
  EXPECT_EQ(recorder->synced, 1);
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("429", 1), Pair("500", 2), Pair("connection", 1),
                                                Pair("timeout", testing::_)));
}

TEST_P(ReflectorWatchTest, ListsAgainWhenAWatchKeepsFailing) {
  transport.fallback = [this](const Request& request) {
    return request.is_watch() ? refusal(500, "InternalError") : list({{"a", "u-a", "5"}}, "30");
  };
  run(1min);
  last_body().cut();
  run(3min);
  EXPECT_GT(recorder->synced, 1);
}

TEST_P(ReflectorWatchTest, StaysWithItsVersionHoweverLongTheServerIsAway) {
  transport.fallback = [](const Request&) {
    Response response;
    response.error = Error{ErrorCode::kUnavailable, "cannot connect to 10.0.0.1:6443: connection refused"};
    return response;
  };
  last_body().cut();
  run(1h);
  EXPECT_EQ(stats().last_error,
            "cannot watch namespaces: cannot connect to 10.0.0.1:6443: connection refused");
  EXPECT_EQ(transport.requests.back().parameter("resourceVersion"), "9");
  transport.fallback = nullptr;
  transport.then(watch({wire.event("DELETED", {"a", "u-a", "10"})}));
  run(2min);
  EXPECT_THAT(recorder->take_log(), ElementsAre("-a"));
  EXPECT_EQ(stats().last_error, "");
}

TEST_P(ReflectorWatchTest, BeginsWithShortDelaysAgainAfterAHealthyTime) {
  transport.fallback = [this](const Request&) { return refusal(500, "InternalError"); };
  last_body().cut();
  run(20s);
  transport.fallback = nullptr;
  const auto open = [this] {
    Response response = watch();
    response.body->push(wire.bookmark("9"), 140s);
    return response;
  };
  transport.then(open());
  run(4min);
  ASSERT_EQ(stats().last_error, "");
  const std::size_t before = transport.requests.size();
  last_body().push(wire.error(500, "InternalError", "again"));
  transport.then(watch());
  run(1600ms);
  EXPECT_EQ(transport.requests.size(), before + 1);
}

TEST_P(ReflectorWatchTest, SilenceIsNotBelieved) {
  push(wire.event("MODIFIED", {"a", "u-a", "11"}));
  transport.then(watch());
  run(149s);
  EXPECT_THAT(transport.requests, SizeIs(2));
  run(1s);
  EXPECT_THAT(transport.requests, SizeIs(3));
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "11");
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("timeout", 1)));
}

TEST_P(ReflectorWatchTest, AfterSilentWatchesItListsAnew) {
  // A server whose history went back waits in silence for the version that it was asked for.
  transport.then(watch());
  transport.then(list({{"a", "u-a", "5"}, {"c", "u-c", "11"}}, "12"));
  transport.then(watch());
  run(299s);
  EXPECT_THAT(recorder->take_log(), IsEmpty());
  run(2s);
  EXPECT_THAT(recorder->take_log(), ElementsAre("+c@11", "-b", "synced"));
  run(151s);
  EXPECT_EQ(transport.requests.at(4).parameter("resourceVersion"), "12");
}

TEST_P(ReflectorWatchTest, AWatchThatTheServerForgetsToEndIsEnded) {
  // Bytes keep coming, but no event is ever complete.
  const std::string event = wire.event("MODIFIED", {"a", "u-a", "11"}).substr(0, 30);
  for (std::size_t i = 0; i < event.size(); ++i) {
    last_body().push(event.substr(i, 1), i * 100s);
  }
  run(631s);
  EXPECT_THAT(transport.requests, SizeIs(3));
}

TEST_P(ReflectorWatchTest, ATruncatedEventDoesNotCount) {
  run(10s);
  const std::string event = wire.event("MODIFIED", {"a", "u-a", "12"});
  push(wire.event("MODIFIED", {"b", "u-b", "11"}) + event.substr(0, event.size() - 3));
  transport.then(watch({event}));
  last_body().end();
  run();
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "11");
  EXPECT_THAT(recorder->take_log(), ElementsAre("+b@11", "+a@12"));
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("connection", 1)));
}

TEST_P(ReflectorWatchTest, GarbageLeadsToAList) {
  transport.then(list({{"a", "u-a", "15"}}, "30"));
  transport.then(watch());
  push(std::string("\0\0\0\x03xyz", 7));
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("decode", 1)));
  run(2s);
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@15", "-b", "synced"));
}

TEST_P(ReflectorWatchTest, AnObjectThatCannotBeDecodedIsPassedOver) {
  push(wire.spoilt_event("MODIFIED", {"a", "u-a", "10"}) + wire.event("MODIFIED", {"b", "u-b", "11"}) +
       wire.spoilt_event("ADDED", {"c", "u-c", "12"}) + wire.event("MODIFIED", {"c", "u-c", "13"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+b@11", "+c@13"));
  EXPECT_EQ(stats().objects, 3u);
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("decode", 2)));
  EXPECT_THAT(transport.requests, SizeIs(2));
  push(wire.spoilt_event("DELETED", {"a", "u-a", "14"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("-a")) << "a delete only has to say of whom";
}

TEST_P(ReflectorWatchTest, DropsWhatItHasSeen) {
  push(wire.event("MODIFIED", {"a", "u-a", "11"}) + wire.event("MODIFIED", {"a", "u-a", "11"}));
  push(wire.event("ADDED", {"a", "u-a", "5"}) + wire.event("DELETED", {"b", "u-b", "12"}));
  push(wire.event("DELETED", {"b", "u-b", "12"}));
  push(wire.event("ADDED", {"a", "u-a", "5"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@11", "-b"));
  EXPECT_THAT(transport.requests, SizeIs(2));
  last_body().end();
  run(10s);
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "12")
      << "a duplicate does not move it back";
}

TEST_P(ReflectorWatchTest, AnEventFromThePastLeadsToAList) {
  transport.then(list({{"a", "u-a", "11"}, {"b", "u-b", "10"}}, "30"));
  push(wire.event("MODIFIED", {"a", "u-a", "11"}) + wire.event("MODIFIED", {"b", "u-b", "10"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@11"));
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("order", 1)));
  run(2s);
  EXPECT_THAT(recorder->take_log(), ElementsAre("+b@10", "synced"));
}

TEST_P(ReflectorWatchTest, ADuplicateDoesNotOpenTheDoorToThePast) {
  push(wire.event("DELETED", {"b", "u-b", "12"}) + wire.event("ADDED", {"a", "u-a", "5"}));
  push(wire.event("ADDED", {"b", "u-b", "6"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("-b"));
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("order", 1)));
}

TEST_P(ReflectorWatchTest, ADeleteFromThePastIsNotBelieved) {
  transport.then(list({{"a", "u-a", "12"}, {"b", "u-b", "6"}}, "30"));
  push(wire.event("MODIFIED", {"a", "u-a", "12"}) + wire.event("DELETED", {"a", "u-a", "11"}));
  run(2s);
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@12", "synced"));
}

TEST_P(ReflectorWatchTest, ADeleteMayHaveTheVersionOfTheLastState) {
  push(wire.event("MODIFIED", {"a", "u-a", "12"}) + wire.event("DELETED", {"b", "u-b", "6"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@12", "-b"));
  EXPECT_THAT(stats().watch_errors, IsEmpty());
}

TEST_P(ReflectorWatchTest, NeverRevivesADeletedObject) {
  transport.then(list({{"a", "u-a", "5"}}, "30"));
  push(wire.event("DELETED", {"b", "u-b", "12"}) + wire.event("MODIFIED", {"b", "u-b", "11"}));
  run(2s);
  EXPECT_THAT(recorder->take_log(), ElementsAre("-b", "synced"));
}

TEST_P(ReflectorWatchTest, AnObjectCreatedAgainIsAnother) {
  push(wire.event("DELETED", {"a", "u-a", "10"}) + wire.event("ADDED", {"a", "u-2", "11"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("-a", "+a@11"));
  push(wire.event("ADDED", {"a", "u-3", "12"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("-a", "+a@12"))
      << "even when nobody said that it was deleted";
  push(wire.event("DELETED", {"a", "u-2", "12"}));
  EXPECT_THAT(recorder->take_log(), IsEmpty()) << "that one was gone already";
  EXPECT_EQ(stats().objects, 2u);
}

TEST_P(ReflectorWatchTest, VersionsThatAreNoNumbersAreNotCompared) {
  recorder->ordered = false;
  push(wire.event("MODIFIED", {"a", "u-a", "zz"}) + wire.event("MODIFIED", {"b", "u-b", "aa"}));
  push(wire.event("MODIFIED", {"a", "u-a", "mm"}));
  EXPECT_THAT(recorder->take_log(), ElementsAre("+a@zz", "+b@aa", "+a@mm"));
  run(10s);
  last_body().end();
  run();
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "mm");
}

TEST_P(ReflectorWatchTest, AWrongContentTypeIsAnError) {
  run(10s);
  Response response = watch({"<html>"});
  response.headers.set("Content-Type", "text/html");
  transport.then(response);
  transport.then(watch({wire.event("DELETED", {"a", "u-a", "10"})}));
  last_body().end();
  run(10s);
  EXPECT_THAT(stats().watch_errors, ElementsAre(Pair("content_type", 1)));
  EXPECT_THAT(recorder->take_log(), ElementsAre("-a"));
}

TEST_P(ReflectorWatchTest, HandsOnWhatItReadBeforeItReadsMore) {
  for (int i = 0; i < 100; ++i) {
    last_body().push(wire.event("MODIFIED", {"a", "u-a", std::to_string(10 + i)}));
  }
  std::uint64_t handed_on = 0;
  recorder->before_call = [&] { EXPECT_EQ(stats().events.at("modified"), ++handed_on); };
  run();
  EXPECT_EQ(handed_on, 100u);
}

}  // namespace
}  // namespace kubevitals::kube::fake
