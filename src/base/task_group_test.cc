#include "base/task_group.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <stdexcept>
#include <string>

#include "base/virtual_clock.h"

namespace kubevitals {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> sleep(Clock& clock, std::string name, std::string& log) {
  log += name + " ";
  const bool whole = co_await clock.sleep_for(10s);
  log += name + (whole ? "-done " : "-cut ");
}

asio::awaitable<void> fail() {
  throw std::runtime_error("broken");
  co_return;
}

asio::awaitable<void> end_all(TaskGroup& group, std::string& log) {
  co_await group.stop();
  log += "stopped ";
}

class TaskGroupTest : public testing::Test {
 protected:
  void stop() { asio::co_spawn(strand_, end_all(group_, log_), asio::detached); }
  void run(Duration duration = 0s) { clock_.run_for(io_, duration); }

  asio::io_context io_;
  const asio::any_io_executor strand_{asio::make_strand(io_)};
  VirtualClock clock_;
  TaskGroup group_{strand_};
  std::string log_;
};

TEST_F(TaskGroupTest, RunsTasksToTheirEnd) {
  group_.start(sleep(clock_, "a", log_));
  group_.start(sleep(clock_, "b", log_));
  EXPECT_EQ(log_, "");
  run(11s);
  EXPECT_EQ(log_, "a b a-done b-done ");
  EXPECT_EQ(group_.running(), 0u);
}

TEST_F(TaskGroupTest, CancelsOneTask) {
  const auto a = group_.start(sleep(clock_, "a", log_));
  group_.start(sleep(clock_, "b", log_));
  run(1s);
  group_.cancel(a);
  run();
  EXPECT_EQ(log_, "a b a-cut ");
  group_.cancel(a);
  run(11s);
  EXPECT_EQ(log_, "a b a-cut b-done ");
}

// The wake-up is on its way when the task is cancelled.
TEST_F(TaskGroupTest, CancelsATaskInTheMomentInWhichItsTimeComes) {
  const auto a = group_.start(sleep(clock_, "a", log_));
  run();
  clock_.at(clock_.now() + 10s, [&] { group_.cancel(a); });
  run(10s);
  EXPECT_EQ(log_, "a a-cut ");
}

TEST_F(TaskGroupTest, NeverBeginsATaskThatWasCancelledBefore) {
  group_.cancel(group_.start(sleep(clock_, "a", log_)));
  run(11s);
  EXPECT_EQ(log_, "");
  EXPECT_EQ(group_.running(), 0u);
}

TEST_F(TaskGroupTest, WaitsForAllToEnd) {
  group_.start(sleep(clock_, "a", log_));
  group_.start(sleep(clock_, "b", log_));
  run();
  stop();
  run();
  EXPECT_EQ(log_, "a b a-cut b-cut stopped ");
}

TEST_F(TaskGroupTest, SurvivesTasksThatFail) {
  group_.start(fail());
  run();
  EXPECT_EQ(group_.running(), 0u);
  stop();
  run();
  EXPECT_EQ(log_, "stopped ");
}

}  // namespace
}  // namespace kubevitals
