#include "kube/run_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "kube/config_fixture.h"

namespace kubevitals::kube {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

Result<std::string> shell(const std::string& commands, std::chrono::milliseconds timeout = 60s) {
  const StopSignal stop;
  ProgramCall call;
  call.command = "sh";
  call.arguments = {"-c", commands};
  call.timeout = timeout;
  call.environment = {{"KUBEVITALS_A", "first"}, {"KUBEVITALS_A", "b=c"}};
  return run_program(call, stop);
}

bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

TEST(RunProgram, OutputAndEnvironment) {
  EXPECT_EQ(shell("printf %s \"$KUBEVITALS_A\"").value(), "b=c");
  EXPECT_EQ(shell("env | grep -c ^KUBEVITALS_A").value(), "1\n");
  EXPECT_EQ(shell("cat").value(), "") << "no input";
  EXPECT_FALSE(has_children());
}

TEST(RunProgram, NothingElseIsOpen) {
  const std::string open = shell("ls /proc/self/fd").value();
  EXPECT_THAT(open, StartsWith("0\n1\n2\n3\n")) << "3 is the directory itself";
  EXPECT_EQ(open.size(), 8u) << open;
}

TEST(RunProgram, FailuresAreTold) {
  const Error failed = shell("echo no login >&2; exit 3").error();
  EXPECT_EQ(failed.code, ErrorCode::kUnavailable);
  EXPECT_EQ(failed.message, "it ended with status 3: no login");
  EXPECT_EQ(shell("exit 1").error().message, "it ended with status 1");
  EXPECT_EQ(shell("kill -9 $$").error().message, "it was ended by signal 9");
  EXPECT_EQ(shell("printf 'a\\033[1m\\nb\\n\\n' >&2; exit 1").error().message,
            "it ended with status 1: a [1m b");
  EXPECT_THAT(shell("yes | head -c 100000 >&2; echo last words >&2; exit 1").error().message,
              AllOf(HasSubstr(": ..."), HasSubstr("y last words"), testing::SizeIs(testing::Lt(400))));
}

TEST(RunProgram, WhatDoesNotExist) {
  const StopSignal stop;
  ProgramCall call;
  for (const char* command : {"/nonexistent/plugin", "kubevitals-no-such-command"}) {
    call.command = command;
    EXPECT_EQ(run_program(call, stop).error().code, ErrorCode::kNotFound);
  }
  call.command = "/etc/passwd";
  EXPECT_EQ(run_program(call, stop).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(has_children());
}

TEST(RunProgram, AHangingProgramIsKilledWithWhatItStarted) {
  const Error error = shell("sleep 100 & sleep 100", 200ms).error();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_FALSE(has_children());
}

TEST(RunProgram, AProgramThatClosesItsOutputsStillHasToEnd) {
  EXPECT_EQ(shell("exec >&- 2>&-; sleep 100", 200ms).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(shell("echo a; exec >&- 2>&-; exit 0").value(), "a\n");
}

TEST(RunProgram, WhoInheritsTheOutputDoesNotHoldItUp) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string output = shell("sleep 20 & echo $!").value();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  ::kill(std::stoi(output), SIGKILL);
}

TEST(RunProgram, OutputAndErrorsDoNotBlockEachOther) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o").value(),
            std::string(300'000, 'o'));
}

TEST(RunProgram, TooMuchOutputIsRefused) {
  EXPECT_EQ(shell("yes").error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(has_children());
}

TEST(RunProgram, SignalsAreAsAShellHasThem) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto result = shell("kill -TERM $$; sleep 100", 30s);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(result.error().message, "it was ended by signal 15");
}

TEST(RunProgram, ItCanBeStoppedFromOutside) {
  const StopSignal stop;
  ProgramCall call;
  call.command = "sleep";
  call.arguments = {"100"};
  std::thread other([&stop] { stop.raise(); });
  EXPECT_EQ(run_program(call, stop).error().code, ErrorCode::kCancelled);
  other.join();
  EXPECT_EQ(run_program(call, stop).error().code, ErrorCode::kCancelled) << "for good";
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace kubevitals::kube
