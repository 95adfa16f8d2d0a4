#include "discovery/refresh.h"

#include <gmock/gmock.h>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <deque>
#include <random>
#include <stdexcept>
#include <thread>

#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Groups = std::vector<TargetGroupPtr>;

// What the next refresh does: takes its time, then gives groups, or an error, or throws.
struct Step {
  Duration takes{};
  Result<Groups> result = Groups();
  bool throws = false;
};

struct Script {
  std::deque<Step> steps;  // an empty result when there are no more
  std::vector<SteadyTime> started;
  int ended = 0;
  int cancelled = 0;
};

class ScriptedRefresher final : public Refresher {
 public:
  ScriptedRefresher(Clock& clock, Script& script) : clock_(clock), script_(script) {}

  asio::awaitable<Result<Groups>> refresh() override {
    script_.started.push_back(clock_.now());
    Step step;
    if (!script_.steps.empty()) {
      step = script_.steps.front();
      script_.steps.pop_front();
    }
    if (step.takes > 0s && !co_await clock_.sleep_for(step.takes)) ++script_.cancelled;
    ++script_.ended;
    if (step.throws) throw std::runtime_error("thrown");
    co_return step.result;
  }

 private:
  Clock& clock_;
  Script& script_;
};

Step gives(Groups groups) {
  return {0s, std::move(groups), false};
}
Step fails(const std::string& cause) {
  return {0s, Error{ErrorCode::kUnavailable, cause}, false};
}

class RefreshTest : public MechanismTest {
 protected:
  RefreshTest() : MechanismTest(refresh_metric_families()) {}

  void start(Duration interval, Duration timeout = {}) {
    auto refresher = std::make_unique<ScriptedRefresher>(clock_, script_);
    MechanismTest::start(
        make_refresh_discoverer(std::move(refresher), {"test", interval, timeout}, context()));
  }
  void stop() {
    MechanismTest::stop();
    EXPECT_EQ(script_.ended, static_cast<int>(script_.started.size()));
  }
  // Seconds from one start to the next.
  std::vector<double> gaps() const {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < script_.started.size(); ++i) {
      gaps.push_back(std::chrono::duration<double>(script_.started[i] - script_.started[i - 1]).count());
    }
    return gaps;
  }

  Script script_;
};

TEST_F(RefreshTest, AsksAtOnceAndThenOnceAnInterval) {
  start(60s);
  EXPECT_THAT(notes_after(0s), ElementsAre("update"));
  notes_after(10min);
  ASSERT_GE(gaps().size(), 8u);
  EXPECT_GE(gaps()[0], 60);
  EXPECT_LE(gaps()[0], 66);
  for (std::size_t i = 1; i < gaps().size(); ++i) EXPECT_DOUBLE_EQ(gaps()[i], 60);
  stop();
}

TEST_F(RefreshTest, PassesOnWhatChanged) {
  script_.steps = {gives({make_group("a", "a:1"), make_group("b", "b:1")}),
                   gives({make_group("b", "b:1"), make_group("a", "a:1")}),
                   gives({make_group("b", "b:2"), empty_group("c")}),
                   gives({make_group("a", "a:1"), make_group("a", "a:3"), make_group("b", "b:2")})};
  start(60s);
  EXPECT_THAT(notes_after(0s), ElementsAre("update [a: | __address__=a:1] [b: | __address__=b:1]"));
  EXPECT_THAT(notes_after(66s), IsEmpty());
  EXPECT_THAT(notes_after(60s), ElementsAre("update [b: | __address__=b:2] [a:]"));
  EXPECT_THAT(notes_after(60s), ElementsAre("update [a: | __address__=a:3]"));
  EXPECT_THAT(notes_after(60s), ElementsAre("update [a:] [b:]"));
  stop();
}

TEST_F(RefreshTest, ComesBackSoonerAfterFailures) {
  script_.steps = {fails("x"), fails("x"), fails("x"), fails("x"), fails("x"), fails("y"), fails("z")};
  start(160s);
  EXPECT_THAT(notes_after(0s), ElementsAre("failed x"));
  EXPECT_THAT(notes_after(9s), IsEmpty());
  EXPECT_THAT(notes_after(10000s), testing::IsSupersetOf({"failed y", "failed z", "update", "recovered"}));
  const std::vector<double> waits = gaps();
  ASSERT_GE(waits.size(), 9u);
  EXPECT_THAT(std::vector<double>(waits.begin(), waits.begin() + 7),
              ElementsAre(10, 20, 40, 80, 160, 160, 160));
  EXPECT_DOUBLE_EQ(waits[8], 160);
  EXPECT_THAT(metrics(),
              HasSubstr("prometheus_sd_refresh_failures_total{mechanism=\"test\",config=\"job\"} 7\n"));
  stop();
}

TEST_F(RefreshTest, KeepsGroupsOverFailuresAndSaysThatItRecovered) {
  script_.steps = {gives({make_group("a", "a:1")}), fails("no route"), gives({make_group("a", "a:1")})};
  start(16s);
  notes_after(0s);
  EXPECT_THAT(notes_after(19s), ElementsAre("failed no route", "recovered"));
  EXPECT_THAT(notes_after(16s), ElementsAre("update [a:]"));
  stop();
}

TEST_F(RefreshTest, EndsWhatTakesTooLong) {
  script_.steps = {{100s, Groups{make_group("a", "late:1")}, false}, gives({make_group("a", "a:1")})};
  start(60s, 10s);
  EXPECT_THAT(notes_after(9s), IsEmpty());
  EXPECT_THAT(notes_after(1s), ElementsAre("failed cannot refresh: no result within 10 s"));
  EXPECT_EQ(script_.cancelled, 1);
  EXPECT_THAT(notes_after(60s), ElementsAre("update [a: | __address__=a:1]", "recovered"));
  stop();
}

TEST_F(RefreshTest, TheTimeOutIsTheIntervalByItself) {
  script_.steps = {{100s, Groups{}, false}};
  start(2500ms);
  EXPECT_THAT(notes_after(2500ms), ElementsAre("failed cannot refresh: no result within 2500 ms"));
  stop();
}

TEST_F(RefreshTest, ASlowRefreshIsFollowedByTheNextAtOnce) {
  script_.steps = {{}, {90s, Groups{}, false}, {}, {}};
  start(60s, 100s);
  notes_after(10min);
  EXPECT_DOUBLE_EQ(gaps()[1], 90);
  EXPECT_DOUBLE_EQ(gaps()[2], 60);
  stop();
}

TEST_F(RefreshTest, SurvivesExceptions) {
  script_.steps = {{0s, Groups{}, true}, {1s, Groups{}, true}};
  start(16s);
  EXPECT_THAT(notes_after(2s), ElementsAre("failed thrown", "failed thrown"));
  EXPECT_THAT(notes_after(2s), ElementsAre("update", "recovered"));
  stop();
}

TEST_F(RefreshTest, CanBeStoppedInTheMiddle) {
  script_.steps = {{100s, Groups{make_group("a", "a:1")}, false}};
  start(60s);
  notes_after(5s);
  stop();
  EXPECT_EQ(script_.cancelled, 1);
  EXPECT_THAT(sink_.take(), IsEmpty());
}

TEST_F(RefreshTest, ItsMetricsAreThereFromTheStartToTheEnd) {
  script_.steps = {{2s, Groups{}, false}};
  start(60s);
  EXPECT_THAT(metrics(),
              HasSubstr("prometheus_sd_refresh_failures_total{mechanism=\"test\",config=\"job\"} 0\n"));
  EXPECT_THAT(metrics(), HasSubstr("_duration_seconds_count{mechanism=\"test\",config=\"job\"} 0\n"));
  notes_after(3s);
  EXPECT_THAT(metrics(), HasSubstr("_duration_seconds_count{mechanism=\"test\",config=\"job\"} 1\n"));
  EXPECT_THAT(metrics(), HasSubstr("_duration_seconds_sum{mechanism=\"test\",config=\"job\"} 2\n"));
  stop();
  running_.reset();
  EXPECT_THAT(metrics(), Not(HasSubstr("job")));
}

// Waits for a moment on a real clock, so that its end, time-outs and stops come close together.
class BusyRefresher final : public Refresher {
 public:
  explicit BusyRefresher(std::uint64_t seed) : random_(seed) {}

  asio::awaitable<Result<Groups>> refresh() override {
    const auto wait = std::chrono::microseconds(random_() % 1500);
    const bool whole = co_await system_clock().sleep_for(wait);
    if (!whole) co_return Error{ErrorCode::kCancelled, "cancelled"};
    co_return Groups{make_group("a", std::to_string(random_()))};
  }

 private:
  std::mt19937_64 random_;
};

// Under the sanitizers this shows whether a time-out, a stop and an end may come together.
TEST(RefreshRace, StopsAtAnyMomentOnAStrandOfSeveralThreads) {
  asio::thread_pool pool(2);
  exposition::MetricRegistry metrics(refresh_metric_families());
  std::mt19937_64 random(1);
  // Kept to the end: Asio counts references with a fence, which ThreadSanitizer does not know.
  std::vector<asio::any_io_executor> strands;
  for (int round = 0; round < 200; ++round) {
    const asio::any_io_executor strand = strands.emplace_back(asio::make_strand(pool.get_executor()));
    DiscovererContext context = context_on(strand, system_clock(), metrics);
    context.config_name = std::to_string(round % 3);
    context.random_seed = random();
    RecordingSink sink;
    RunningDiscoverer running(
        strand,
        make_refresh_discoverer(std::make_unique<BusyRefresher>(random()), {"busy", 1ms, 1ms}, context),
        sink);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    running.stop();
  }
  pool.join();
}

}  // namespace
}  // namespace kubevitals::discovery
