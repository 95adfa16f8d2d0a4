#include "discovery/manager/manager.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "base/virtual_clock.h"
#include "discovery/serve/target_walk.h"

namespace kubevitals::discovery {
namespace {

using namespace std::chrono_literals;

// What a test lets a mechanism say.
struct Script {
  GroupSink* sink = nullptr;  // while it runs
  int made = 0;
  int running = 0;
  std::atomic<int> alive = 0;
  bool cannot_be_made = false;
};

struct FakeOptions {
  std::string name;
  std::shared_ptr<Script> script;
  friend bool operator==(const FakeOptions& a, const FakeOptions& b) { return a.name == b.name; }
};

class FakeDiscoverer final : public Discoverer {
 public:
  explicit FakeDiscoverer(std::shared_ptr<Script> script) : script_(std::move(script)) { ++script_->alive; }
  ~FakeDiscoverer() override { --script_->alive; }

  asio::awaitable<void> run(GroupSink& sink) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    script_->sink = &sink;
    ++script_->running;
    asio::steady_timer for_ever(co_await asio::this_coro::executor, SteadyTime::max());
    boost::system::error_code ignored;
    co_await for_ever.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    script_->sink = nullptr;
    --script_->running;
  }
  std::vector<std::string> why_absent(const AbsenceQuery& query) const override {
    return {"nobody knows " + query.value};
  }

 private:
  const std::shared_ptr<Script> script_;
};

Result<std::unique_ptr<Discoverer>> make_discoverer(const FakeOptions& options, const DiscovererContext&) {
  if (options.script->cannot_be_made) return Error{ErrorCode::kInvalid, "no such file"};
  ++options.script->made;
  return std::unique_ptr<Discoverer>(std::make_unique<FakeDiscoverer>(options.script));
}

TargetGroupPtr group(const std::string& source, const std::vector<std::string>& addresses) {
  auto result = std::make_shared<TargetGroup>();
  result->source = source;
  LabelBlockBuilder builder;
  builder.add("__meta_source", source);
  result->labels = builder.build();
  for (const std::string& address : addresses) {
    builder.add("__address__", address);
    result->targets.push_back(builder.build());
  }
  return result;
}

using Targets = std::multiset<std::string>;

// The time of another clock, with something to do whenever somebody wants to know it.
class BusyClock final : public Clock {
 public:
  explicit BusyClock(Clock& clock) : clock_(clock) {}

  SteadyTime now() const override { return clock_.now(); }
  WallTime wall_now() const override {
    if (on_wall_now) on_wall_now();
    return clock_.wall_now();
  }
  asio::awaitable<bool> sleep_until(SteadyTime when) override { return clock_.sleep_until(when); }

  std::function<void()> on_wall_now;

 private:
  Clock& clock_;
};

class ManagerTest : public testing::Test {
 protected:
  ManagerTest() { manager_ = std::make_unique<Manager>(ManagerOptions{}, context_); }
  ~ManagerTest() override {
    run(manager_->stop());
    manager_.reset();
    settle();
  }

  std::shared_ptr<Script> script(const std::string& name) {
    auto& known = scripts_[name];
    if (!known) known = std::make_shared<Script>();
    return known;
  }

  std::shared_ptr<JobSpec> job(const std::string& name, const std::vector<std::string>& mechanisms) {
    auto spec = std::make_shared<JobSpec>();
    spec->name = name;
    spec->target.job_name = name;
    for (const std::string& mechanism : mechanisms) {
      spec->sources.push_back({"fake", std::make_shared<TypedDiscovererOptions<FakeOptions>>(
                                           FakeOptions{mechanism, script(mechanism)})});
    }
    return spec;
  }

  void run(asio::awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), asio::detached);
    settle();
  }
  void apply(std::vector<std::shared_ptr<const JobSpec>> jobs) { run(manager_->apply(std::move(jobs))); }
  // Everything that happens without time passing.
  void settle() {
    io_.restart();
    io_.poll();
  }
  void pass(Duration duration) { clock_.run_for(io_, duration); }

  void say(const std::string& mechanism, std::vector<TargetGroupPtr> groups) {
    ASSERT_NE(script(mechanism)->sink, nullptr) << mechanism << " does not run";
    script(mechanism)->sink->update(std::move(groups));
    settle();
  }

  Targets targets(const std::string& name) const {
    const auto job = manager_->snapshot()->find(name);
    if (!job) return {"(no job)"};
    Targets result;
    TargetWalk walk(job);
    const auto add = [&](const WalkedTarget& walked) {
      if (walked.kept != nullptr) result.emplace(*walked.kept->labels->find(address_label()));
    };
    while (walk.next_page(add)) {
    }
    EXPECT_EQ(job->counts.kept, result.size());
    return result;
  }

  double metric(const std::string& family, const std::vector<std::string>& labels) {
    return metrics_.metric(family, labels)->value();
  }

  asio::io_context io_;
  VirtualClock clock_;
  exposition::MetricRegistry metrics_{Manager::metric_families()};
  DiscovererContext context_{io_.get_executor(), io_.get_executor(), clock_, metrics_, nullptr, "", 1, false};
  std::map<std::string, std::shared_ptr<Script>> scripts_;
  std::unique_ptr<Manager> manager_;
};

TEST_F(ManagerTest, PublishesTheFirstUpdateAtOnceAndTheNextOnesSoonAfter) {
  apply({job("j", {"m"})});
  EXPECT_EQ(targets("j"), Targets{});
  EXPECT_FALSE(manager_->snapshot()->find("j")->answered());
  say("m", {group("1", {"a"})});
  EXPECT_EQ(targets("j"), Targets{"a"});
  EXPECT_TRUE(manager_->snapshot()->find("j")->answered());
  say("m", {group("2", {"b"})});
  say("m", {group("2", {"c"}), group("3", {"d"})});
  EXPECT_EQ(targets("j"), Targets{"a"});
  pass(50ms);
  EXPECT_EQ(targets("j"), Targets{"a"});
  pass(50ms);
  EXPECT_EQ(targets("j"), (Targets{"a", "c", "d"}));
  pass(1s);
  say("m", {group("3", {"e"})});
  EXPECT_EQ(targets("j"), (Targets{"a", "c", "e"}));
  pass(6s);
  say("m", {empty_group("1")});
  EXPECT_EQ(targets("j"), (Targets{"c", "e"}));
}

TEST_F(ManagerTest, ThrottlesUpdatesThatDoNotEnd) {
  apply({job("j", {"m"})});
  int publications = 0;
  auto before = manager_->snapshot();
  for (int i = 0; i < 2000; ++i) {
    say("m", {group("1", {"h" + std::to_string(i)})});
    pass(10ms);
    publications += std::exchange(before, manager_->snapshot()) != before ? 1 : 0;
  }
  // 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, then each 5 s.
  EXPECT_GE(publications, 8);
  EXPECT_LE(publications, 11);
}

TEST_F(ManagerTest, SharesAMechanismOfEqualOptions) {
  apply({job("j", {"m"}), job("k", {"m", "n"})});
  EXPECT_EQ(script("m")->made, 1);
  say("m", {group("1", {"a"})});
  EXPECT_EQ(targets("j"), Targets{"a"});
  EXPECT_EQ(targets("k"), Targets{"a"});
  EXPECT_EQ(metric("prometheus_sd_discovered_targets", {"scrape", "k"}), 1);
}

TEST_F(ManagerTest, KeepsWhatIsEqualOverAReload) {
  apply({job("j", {"m"}), job("gone", {"old"})});
  say("m", {group("1", {"a"})});
  pass(6s);
  say("old", {group("1", {"b"})});
  const auto before = manager_->snapshot()->find("j");
  apply({job("new", {"m"}), job("j", {"m"})});
  EXPECT_EQ(script("m")->made, 1);
  EXPECT_EQ(manager_->snapshot()->find("j"), before);
  EXPECT_EQ(targets("new"), Targets{"a"});
  EXPECT_EQ(manager_->snapshot()->find("gone"), nullptr);
  EXPECT_EQ(script("old")->running, 0);
}

TEST_F(ManagerTest, RelabelsAJobAnewWhenItsRulesChange) {
  apply({job("j", {"m"})});
  say("m", {group("1", {"a", "b"})});
  auto changed = job("j", {"m"});
  RelabelConfig drop;
  drop.source_labels = {"__address__"};
  drop.regex = "a";
  drop.action = RelabelAction::kDrop;
  changed->target.relabel_configs.push_back(drop);
  const auto before = manager_->snapshot()->find("j");
  apply({changed});
  EXPECT_EQ(targets("j"), Targets{"b"});
  const auto after = manager_->snapshot()->find("j");
  EXPECT_EQ(after->counts.dropped, 1u);
  EXPECT_NE(after->targets_version, before->targets_version);
  EXPECT_EQ(script("m")->made, 1);
}

TEST_F(ManagerTest, TellsChangesOfGroupsAndOfTargetsApart) {
  auto spec = job("j", {"m"});
  RelabelConfig keep;
  keep.source_labels = {"__address__"};
  keep.regex = "a.*";
  keep.action = RelabelAction::kKeep;
  spec->target.relabel_configs.push_back(keep);
  apply({spec});
  say("m", {group("1", {"a"})});
  const auto before = manager_->snapshot()->find("j");
  pass(6s);
  say("m", {group("2", {"b"})});
  const auto after = manager_->snapshot()->find("j");
  EXPECT_NE(after->groups_version, before->groups_version);
  EXPECT_EQ(after->targets_version, before->targets_version);
  EXPECT_EQ(after->counts.dropped, 1u);
}

TEST_F(ManagerTest, GivesAJobWithoutAnyMechanismNoTargets) {
  apply({job("j", {})});
  EXPECT_EQ(targets("j"), Targets{});
  EXPECT_TRUE(manager_->snapshot()->find("j")->answered());
}

TEST_F(ManagerTest, CountsMechanismsThatCannotBeMade) {
  script("bad")->cannot_be_made = true;
  auto spec = job("j", {"bad", "m"});
  apply({spec});
  EXPECT_EQ(metric("prometheus_sd_failed_configs", {"scrape"}), 1);
  say("m", {group("1", {"a"})});
  EXPECT_EQ(targets("j"), Targets{"a"});
  ASSERT_EQ(manager_->snapshot()->find("j")->failed_sources.size(), 1u);
  apply({job("j", {"m"})});
  EXPECT_EQ(metric("prometheus_sd_failed_configs", {"scrape"}), 0);
  EXPECT_EQ(targets("j"), Targets{"a"});
}

TEST_F(ManagerTest, KeepsGroupsOfAMechanismThatFailsAndShowsWhy) {
  apply({job("j", {"m"})});
  say("m", {group("1", {"a"})});
  pass(6s);
  script("m")->sink->failed(Error{ErrorCode::kForbidden, "may not list"});
  settle();
  EXPECT_EQ(targets("j"), Targets{"a"});
  const auto& failing = *manager_->snapshot()->find("j")->parts.at(0).provider;
  ASSERT_TRUE(failing.error);
  EXPECT_EQ(failing.error->message, "may not list");
  pass(6s);
  script("m")->sink->recovered();
  settle();
  EXPECT_FALSE(manager_->snapshot()->find("j")->parts.at(0).provider->error);
}

TEST_F(ManagerTest, TellsTheLogOfAMechanismThatFlapsNoMoreThanTwiceAMinute) {
  std::ostringstream lines;
  const auto before = spdlog::default_logger();
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines);
  auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
  logger->set_pattern("%v");
  spdlog::set_default_logger(std::move(logger));
  apply({job("j", {"m"})});
  for (int i = 0; i < 4; ++i) {
    script("m")->sink->failed(Error{ErrorCode::kUnavailable, "no route"});
    pass(6s);
    script("m")->sink->recovered();
    pass(6s);
  }
  EXPECT_EQ(std::exchange(lines, {}).str(), "discovery fake/0: no route\ndiscovery fake/0 works again\n");
  pass(20s);
  EXPECT_EQ(lines.str(), "discovery fake/0 works again (3 failures not told before)\n");
  spdlog::set_default_logger(before);
}

TEST_F(ManagerTest, WakesWhoWaitsForAJob) {
  apply({job("j", {"m"}), job("k", {"n"})});
  const auto before = manager_->snapshot()->find("j");
  std::shared_ptr<const JobSnapshot> got;
  const auto wait = [&]() -> asio::awaitable<void> {
    const SteadyTime deadline = std::chrono::steady_clock::now() + 1h;
    std::function<bool()> changed = [&] { return manager_->snapshot()->find("j") != before; };
    auto waiting = before->changed->wait_until(deadline, std::move(changed));
    co_await std::move(waiting);
    got = manager_->snapshot()->find("j");
  };
  run(wait());
  say("n", {group("1", {"x"})});
  EXPECT_EQ(got, nullptr);
  pass(6s);
  say("m", {group("1", {"a"})});
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->counts.kept, 1u);
}

TEST_F(ManagerTest, AsksMechanismsWhyATargetIsAbsent) {
  apply({job("j", {"m", "n"})});
  std::vector<std::string> reasons;
  const auto ask = [&]() -> asio::awaitable<void> {
    const AbsenceQuery query{address_label(), "a:1"};
    auto asking = manager_->why_absent("j", query);
    reasons = co_await std::move(asking);
  };
  run(ask());
  EXPECT_EQ(reasons, (std::vector<std::string>{"nobody knows a:1", "nobody knows a:1"}));
}

TEST_F(ManagerTest, UpdatesWithoutAnEndDoNotHoldUpAnApply) {
  BusyClock clock(clock_);
  const DiscovererContext context{
      io_.get_executor(), io_.get_executor(), clock, metrics_, nullptr, "", 1, false};
  ManagerOptions options;
  options.throttle = 0ms;
  Manager eager(options, context);
  run(eager.apply({job("j", {"m"})}));
  int publications = 0;
  int until_applied = 0;
  const auto fail = [&] { script("m")->sink->failed(Error{ErrorCode::kUnavailable, "broken"}); };
  const auto apply_more = [&] {
    asio::co_spawn(io_, eager.apply({job("j", {"m"}), job("k", {})}),
                   [&](const std::exception_ptr&) { until_applied = publications; });
  };
  clock.on_wall_now = [&] {
    if (++publications < 1000) fail();
    if (publications == 10) asio::post(io_, apply_more);
  };
  fail();
  settle();
  EXPECT_GE(publications, 1000) << "the updates have no end";
  EXPECT_GE(until_applied, 10);
  EXPECT_LT(until_applied, 30);
  run(eager.stop());
}

// It uses the registry of metrics, which may go as soon as the manager has stopped.
TEST(ManagerThreadsTest, NothingOfAMechanismIsLeftWhenItHasStopped) {
  const auto script = std::make_shared<Script>();
  exposition::MetricRegistry metrics(Manager::metric_families());
  asio::thread_pool pool(4);
  const DiscovererContext context{
      pool.get_executor(), pool.get_executor(), system_clock(), metrics, nullptr, "", 0, false};
  const auto wait_for = [&](asio::awaitable<void> work) {
    asio::co_spawn(pool, std::move(work), asio::use_future).get();
  };
  for (int round = 0; round < 1000; ++round) {
    auto spec = std::make_shared<JobSpec>();
    spec->name = "j";
    spec->sources.push_back(
        {"fake", std::make_shared<TypedDiscovererOptions<FakeOptions>>(FakeOptions{"m", script})});
    Manager manager(ManagerOptions{}, context);
    wait_for(manager.apply({spec}));
    wait_for(manager.stop());
    ASSERT_EQ(script->alive, 0) << "in round " << round;
  }
}

}  // namespace
}  // namespace kubevitals::discovery
