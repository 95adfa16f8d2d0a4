// How a feed comes by all objects.
#include "kube/feed_fixture.h"

namespace kubevitals::kube::fake {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Lt;
using testing::Pair;
using testing::SizeIs;

class ReflectorListTest : public FeedTest {
 protected:
  ReflectorListTest() { options.watch_list = false; }
};
class ReflectorStreamingListTest : public FeedTest {};

INSTANTIATE_TEST_SUITE_P(, ReflectorListTest, testing::Values(Encoding::kJson, Encoding::kProtobuf),
                         encoding_name);
INSTANTIATE_TEST_SUITE_P(, ReflectorStreamingListTest, testing::Values(Encoding::kJson, Encoding::kProtobuf),
                         encoding_name);

TEST_P(ReflectorStreamingListTest, BeginsWithInitialEventsAndStaysOnThem) {
  transport.then(watch({wire.event("ADDED", {"b", "u-b", "7"}), wire.event("ADDED", {"a", "u-a", "5"})}));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+b@7", "+a@5"));
  EXPECT_FALSE(stats().synced);
  last_body().push(wire.bookmark("9", true) + wire.event("MODIFIED", {"a", "u-a", "10"}));
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("synced", "+a@10"));

  ASSERT_THAT(transport.requests, SizeIs(1));
  const Request& request = transport.requests[0];
  EXPECT_EQ(request.request.path, "/api/v1/namespaces");
  EXPECT_EQ(request.request.accept, "application/vnd.kubernetes.protobuf;stream=watch, application/json");
  EXPECT_EQ(request.parameter("watch"), "true");
  EXPECT_EQ(request.parameter("sendInitialEvents"), "true");
  EXPECT_EQ(request.parameter("allowWatchBookmarks"), "true");
  EXPECT_EQ(request.parameter("resourceVersionMatch"), "NotOlderThan");
  EXPECT_EQ(request.parameter("resourceVersion"), "") << "a consistent read";
  EXPECT_THAT(std::stoi(request.parameter("timeoutSeconds")), AllOf(Ge(300), Lt(600)));

  const FeedStats seen = stats();
  EXPECT_TRUE(seen.synced);
  EXPECT_EQ(seen.objects, 2u);
  EXPECT_EQ(seen.lists, 1u);
  EXPECT_EQ(seen.watches, 1u);
  EXPECT_EQ(seen.reconnects, 0u);
  EXPECT_GT(seen.bytes, 100u);
  EXPECT_EQ(seen.resource_version, "10");
  EXPECT_EQ(seen.last_error, "");
  EXPECT_THAT(seen.events, ElementsAre(Pair("added", 2), Pair("bookmark", 1), Pair("modified", 1)));
  EXPECT_EQ(seen.last_event, clock.now());
  EXPECT_EQ(seen.last_bookmark, clock.now());
}

TEST_P(ReflectorStreamingListTest, AsksTheCacheWhenToldTo) {
  options.use_apiserver_cache = true;
  transport.then(watch());
  follow();
  run();
  EXPECT_EQ(transport.requests.at(0).parameter("resourceVersion"), "0");
}

TEST_P(ReflectorStreamingListTest, FallsBackToPagesWhereItIsRefusedAndRemembersThat) {
  transport.then(refusal(422, "Invalid", "sendInitialEvents is forbidden for watch"));
  transport.then(list({{"a", "u", "5"}}, "6"));
  transport.then(watch({wire.error(410, "Expired", "too old")}));
  transport.then(list({{"a", "u", "5"}}, "8"));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@5", "synced"));
  EXPECT_EQ(stats().last_error, "cannot watch namespaces: the API server answered 410: too old");
  run(1min);
  EXPECT_THAT(recorder.take_log(), ElementsAre("synced"));
  EXPECT_FALSE(transport.requests.at(1).is_watch());
  EXPECT_EQ(since(1, 0), 0s) << "a refusal is no failure to wait after";
  EXPECT_FALSE(transport.requests.at(3).is_watch()) << "not tried again";
}

TEST_P(ReflectorStreamingListTest, TriesAgainAfterHalfAnHour) {
  transport.then(refusal(400, "BadRequest"));
  transport.then(list({}, "6"));
  transport.then(watch());
  follow();
  run();
  transport.fallback = [this](const Request&) { return watch({wire.bookmark("7")}); };
  run(31min);
  const std::size_t next = transport.requests.size();
  last_body().push(wire.error(410, "Expired", "too old"));
  run();
  EXPECT_TRUE(transport.requests.at(next).is_watch_list());
}

TEST_P(ReflectorStreamingListTest, FallsBackWhereItIsIgnored) {
  // An old server sends the objects, and then nothing more.
  transport.then(watch({wire.event("ADDED", {"a", "u", "5"})}));
  transport.then(list({{"a", "u", "5"}}, "6"));
  Recorder& recorder = follow();
  run(9s);
  EXPECT_EQ(recorder.synced, 0);
  run(2s);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@5", "synced"));
}

TEST_P(ReflectorStreamingListTest, FallsBackWhereItIsIgnoredAndMuchHappens) {
  transport.then(watch({wire.event("ADDED", {"a", "u", "5"})}));
  transport.then(list({{"a", "u", "500"}}, "501"));
  Recorder& recorder = follow();
  run();
  for (int i = 0; i < 20; ++i) {
    last_body().push(wire.event("MODIFIED", {"a", "u", std::to_string(6 + i)}), i * 2s);
  }
  run(35s);
  EXPECT_EQ(recorder.synced, 1);
}

TEST_P(ReflectorStreamingListTest, BeginsAnewWhenItBreaksOffAndDeletesOnlyAtItsEnd) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "5"}), wire.event("ADDED", {"b", "u-b", "6"})}));
  Recorder& recorder = follow();
  run();
  last_body().cut();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@5", "+b@6"));
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("connection", 1)));
  transport.then(watch({wire.event("ADDED", {"b", "u-b", "8"})}));
  run(2s);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+b@8"));
  last_body().push(wire.bookmark("9", true));
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("-a", "synced"));
}

TEST_P(ReflectorStreamingListTest, GivesWayToPagesWhenItBreaksOffThreeTimes) {
  for (int i = 0; i < 3; ++i) {
    Response broken = watch();
    broken.body->cut();
    transport.then(broken);
  }
  transport.then(list({}, "6"));
  follow();
  run(1min);
  EXPECT_TRUE(stats().synced);
}

TEST_P(ReflectorStreamingListTest, TakesChangesDuringTheInitialEvents) {
  transport.then(watch({wire.event("ADDED", {"a", "u-a", "5"}), wire.event("ADDED", {"b", "u-b", "6"}),
                        wire.event("MODIFIED", {"a", "u-a", "10"}), wire.event("DELETED", {"b", "u-b", "11"}),
                        wire.bookmark("12", true)}));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@5", "+b@6", "+a@10", "-b", "synced"));
}

TEST_P(ReflectorStreamingListTest, DoesNotReviveWhatWasDeletedDuringTheInitialEvents) {
  transport.then(watch({wire.event("ADDED", {"b", "u-b", "6"}), wire.event("DELETED", {"b", "u-b", "11"}),
                        wire.event("ADDED", {"b", "u-b", "6"}), wire.bookmark("12", true)}));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+b@6", "-b"));
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("order", 1)));
}

TEST_P(ReflectorListTest, AsksForPageAfterPageAndThenWatches) {
  options.page_size = 2;
  transport.then(list({{"a", "u-a", "1"}, {"b", "u-b", "2"}}, "9", "next"));
  transport.then(list({{"c", "u-c", "3"}}, "9"));
  transport.then(watch());
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1", "+b@2", "+c@3", "synced"));
  ASSERT_THAT(transport.requests, SizeIs(3));
  EXPECT_EQ(transport.requests[0].request.accept, "application/vnd.kubernetes.protobuf, application/json");
  EXPECT_EQ(transport.requests[0].parameter("limit"), "2");
  EXPECT_EQ(transport.requests[0].parameter("resourceVersion"), "");
  EXPECT_EQ(transport.requests[1].parameter("continue"), "next");
  EXPECT_EQ(transport.requests[1].parameter("limit"), "2");
  EXPECT_EQ(transport.requests[2].parameter("watch"), "true");
  EXPECT_EQ(transport.requests[2].parameter("resourceVersion"), "9");
  EXPECT_EQ(transport.requests[2].parameter("allowWatchBookmarks"), "true");
  EXPECT_EQ(transport.requests[2].parameter("sendInitialEvents"), "");
  EXPECT_EQ(transport.requests[2].parameter("resourceVersionMatch"), "");
}

TEST_P(ReflectorListTest, HandsObjectsOnWhileTheyArrive) {
  const std::string text = wire.list({{"a", "u-a", "1"}, {"b", "u-b", "2"}}, "9");
  Response response = body(false);
  const std::size_t half = text.find("u-b");
  response.body->push(text.substr(0, half));
  response.body->push(text.substr(half), 5s);
  response.body->end();
  transport.then(std::move(response));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1"));
  run(5s);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+b@2", "synced"));
}

TEST_P(ReflectorListTest, BeginsAnewWhenTheContinueTokenExpires) {
  transport.then(list({{"a", "u-a", "1"}}, "9", "next"));
  transport.then(refusal(410, "Expired", "The provided continue parameter is too old"));
  transport.then(list({{"b", "u-b", "2"}}, "12"));
  Recorder& recorder = follow();
  run();
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1", "+b@2", "-a", "synced"));
  EXPECT_EQ(transport.requests.at(2).parameter("continue"), "");
  EXPECT_EQ(transport.requests.at(2).parameter("limit"), "500");
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("410", 1)));
}

TEST_P(ReflectorListTest, AsksForEverythingAtOnceWhenTokensKeepExpiring) {
  for (int i = 0; i < 2; ++i) {
    transport.then(list({{"a", "u-a", "1"}}, "9", "next"));
    transport.then(refusal(410, "Expired"));
  }
  transport.then(list({{"a", "u-a", "1"}}, "15"));
  follow();
  run();
  EXPECT_TRUE(stats().synced);
  EXPECT_EQ(transport.requests.at(4).parameter("limit"), "");
  EXPECT_EQ(transport.requests.at(4).parameter("resourceVersion"), "");
}

TEST_P(ReflectorListTest, DoesNotMixPagesOfDifferentTimes) {
  transport.then(list({{"a", "u-a", "1"}}, "9", "next"));
  transport.then(list({{"b", "u-b", "2"}}, "11"));
  transport.then(list({{"b", "u-b", "2"}}, "12"));
  Recorder& recorder = follow();
  run();
  EXPECT_EQ(recorder.synced, 1);
  EXPECT_EQ(stats().resource_version, "12");
}

TEST_P(ReflectorListTest, GivesUpOnPagesThatDoNotEnd) {
  for (int i = 0; i < 3; ++i) {
    transport.then(list({{"a", "u-a", "1"}}, "9", "same"));
  }
  follow();
  run();
  EXPECT_THAT(stats().last_error, HasSubstr("do not end"));
  EXPECT_THAT(transport.requests, SizeIs(2));
}

TEST_P(ReflectorListTest, DeletesNothingWhenAListBreaksOff) {
  transport.then(list({{"a", "u-a", "1"}, {"b", "u-b", "2"}}, "9"));
  transport.then(watch({wire.error(410, "Expired", "too old")}));
  const std::string text = wire.list({{"b", "u-b", "2"}, {"c", "u-c", "10"}}, "12");
  Response broken = bytes(text.substr(0, text.size() - 5));
  transport.then(broken);
  transport.then(list({{"b", "u-b", "2"}, {"c", "u-c", "10"}}, "12"));
  Recorder& recorder = follow();
  run();
  recorder.take_log();
  run(3s);
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("connection", 1)));
  run(1min);
  const auto log = recorder.take_log();
  EXPECT_THAT(log, ElementsAre("+c@10", "-a", "synced"));
}

TEST_P(ReflectorListTest, ShowsWhyItCannotListAndKeepsTrying) {
  transport.then(refusal(403, "Forbidden", "namespaces is forbidden:\\nUser \\\"x\\\" cannot list"));
  transport.then(refusal(401, "Unauthorized", "Unauthorized"));
  transport.then(refusal(404, "NotFound", "the server could not find the requested resource"));
  transport.then(list({}, "6"));
  follow();
  run();
  EXPECT_EQ(
      stats().last_error,
      "cannot list namespaces: the API server answered 403: namespaces is forbidden: User \"x\" cannot list");
  EXPECT_FALSE(stats().synced);
  run(1min);
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("401", 1), Pair("403", 1), Pair("404", 1)));
  EXPECT_TRUE(stats().synced);
  EXPECT_EQ(stats().last_error, "");
}

TEST_P(ReflectorListTest, WaitsLongerAndLongerButNotForEver) {
  transport.fallback = [this](const Request&) { return refusal(500, "InternalError"); };
  follow();
  run(10min);
  Duration base = 800ms;
  for (std::size_t i = 1; i < transport.requests.size(); ++i) {
    EXPECT_GE(since(i, i - 1), base) << i;
    EXPECT_LT(since(i, i - 1), 2 * base) << i;
    base = std::min<Duration>(base * 2, 30s);
  }
  EXPECT_GT(transport.requests.size(), 10u);
}

TEST_P(ReflectorListTest, WaitsAsLongAsItIsToldTo) {
  transport.then(refusal(429, "TooManyRequests", "slow down", "120"));
  transport.then(refusal(503, "ServiceUnavailable", "restarting", "Fri, 14 Jul 2017 02:47:00 GMT"));
  transport.then(list({}, "6"));
  follow();
  run(119s);
  EXPECT_THAT(transport.requests, SizeIs(1));
  run(1s);
  EXPECT_THAT(transport.requests, SizeIs(2));
  run(clock.kWallStart + 7min - clock.wall_now() - 1s);  // 02:40:00 + 7 min
  EXPECT_THAT(transport.requests, SizeIs(2));
  run(1s);
  EXPECT_TRUE(stats().synced);
}

TEST_P(ReflectorListTest, GivesUpOnAListThatStandsStill) {
  Response response = body(false);
  response.body->push(wire.list({{"a", "u-a", "1"}}, "9").substr(0, 20));
  transport.then(std::move(response));
  transport.then(list({}, "6"));
  follow();
  run(2min);
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("timeout", 1)));
  EXPECT_TRUE(stats().synced);
}

TEST_P(ReflectorListTest, RefusesWhatIsNoList) {
  Response page = bytes("<html>login</html>");
  page.headers.set("Content-Type", "text/html; charset=utf-8");
  transport.then(page);
  transport.then(bytes(wire.list({}, "6", {}, "PodList")));
  transport.then(bytes("\x16\x03\x01 not at all"));
  transport.then(list({}, ""));
  follow();
  run();
  EXPECT_EQ(stats().last_error,
            "cannot list namespaces: the response has an unexpected content type: text/html; charset=utf-8");
  run(1min);
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("content_type", 1), Pair("decode", 3)));
  EXPECT_FALSE(stats().synced);
}

TEST_P(ReflectorListTest, KeepsTheLastGoodStateOfAnObjectThatCannotBeDecoded) {
  const std::vector<Object> first{{"a", "u-a", "1"}, {"b", "u-b", "2"}, {"c", "u-c", "3"}};
  const std::vector<Object> second{{"a", "u-a", "11"}, {"b", "u-b", "12"}, {"c", "u-c", "13"}};
  transport.then(list(first, "9"));
  transport.then(watch({wire.error(410, "Expired", "too old")}));
  transport.then(bytes(wire.spoilt_list(second, "b", "19")));
  transport.then(watch());
  Recorder& recorder = follow();
  run(1min);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1", "+b@2", "+c@3", "synced", "+a@11", "+c@13", "synced"));
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("decode", 1)));
  EXPECT_EQ(stats().objects, 3u);
  EXPECT_EQ(stats().lists, 2u) << "no reason to list again";
}

TEST_P(ReflectorListTest, SeesADeleteAndACreateThatItMissed) {
  transport.then(list({{"a", "u-1", "1"}}, "9"));
  transport.then(watch({wire.error(410, "Expired", "too old")}));
  transport.then(list({{"a", "u-2", "11"}}, "12"));
  Recorder& recorder = follow();
  run(1min);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1", "synced", "-a", "+a@11", "synced"));
}

TEST_P(ReflectorListTest, BelievesAServerWhoseHistoryWentBack) {
  // A backup was restored: the versions are smaller than before.
  transport.then(list({{"a", "u-a", "100"}, {"b", "u-b", "101"}}, "109"));
  transport.then(watch({wire.error(504, "Timeout", "Too large resource version: 109, current: 60")}));
  transport.then(list({{"a", "u-a", "50"}}, "60"));
  transport.then(list({{"a", "u-a", "50"}}, "61"));
  Recorder& recorder = follow();
  recorder.ordered = false;
  run(1min);
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@100", "+b@101", "synced", "+a@50", "-b", "synced"));
  EXPECT_EQ(stats().resource_version, "61");
}

TEST_P(ReflectorListTest, NeverAsksACacheForLessThanItKnows) {
  options.use_apiserver_cache = true;
  transport.then(list({{"a", "u-a", "100"}}, "109"));
  transport.then(watch({wire.error(410, "Expired", "too old")}));
  transport.then(refusal(504, "Timeout", "Too large resource version: 109, current: 60"));
  transport.then(list({{"a", "u-a", "100"}}, "119"));
  follow();
  run(1min);
  EXPECT_EQ(transport.requests.at(0).parameter("resourceVersion"), "0");
  EXPECT_EQ(transport.requests.at(0).parameter("resourceVersionMatch"), "");
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersion"), "109");
  EXPECT_EQ(transport.requests.at(2).parameter("resourceVersionMatch"), "NotOlderThan");
  EXPECT_EQ(transport.requests.at(2).parameter("limit"), "");
  EXPECT_EQ(transport.requests.at(3).parameter("resourceVersion"), "") << "behind: ask for a consistent read";
  EXPECT_TRUE(stats().synced);
}

TEST_P(ReflectorListTest, PassesSelectorsOn) {
  scope = {kServices, "kube-system", "app=x,!y", "metadata.name=z"};
  follow();
  run();
  EXPECT_EQ(transport.requests.at(0).request.path, "/api/v1/namespaces/kube-system/services");
  EXPECT_EQ(transport.requests.at(0).parameter("labelSelector"), "app=x,!y");
  EXPECT_EQ(transport.requests.at(0).parameter("fieldSelector"), "metadata.name=z");
}

TEST_P(ReflectorListTest, AnExceptionOfASubscriberDoesNotEndTheFeed) {
  transport.then(list({{"a", "u-a", "1"}, {"b", "u-b", "2"}}, "9"));
  transport.then(list({{"a", "u-a", "1"}, {"b", "u-b", "2"}}, "9"));
  Recorder& recorder = follow();
  bool thrown = false;
  recorder.before_call = [&] {
    if (!std::exchange(thrown, true)) {
      throw std::runtime_error("out of paper");
    }
  };
  run(1min);
  EXPECT_THAT(stats().list_errors, ElementsAre(Pair("internal", 1)));
  EXPECT_THAT(recorder.take_log(), ElementsAre("+a@1", "+b@2", "synced"));
}

}  // namespace
}  // namespace kubevitals::kube::fake
