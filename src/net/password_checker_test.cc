#include "net/password_checker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <list>
#include <semaphore>
#include <string>
#include <vector>

namespace kubevitals::net {
namespace {

using namespace std::chrono_literals;

// A hash here is its password with a "#" before it. Hashing waits until it is let go on.
class PasswordCheckerTest : public testing::Test {
 protected:
  PasswordCheckerTest()
      : checker_([this](std::string_view password, std::string_view hash) {
          ++hashed_;
          if (held_) turn_.acquire();
          last_hash_ = hash;
          return hash == "#" + std::string(password);
        }) {}

  ~PasswordCheckerTest() override { go_on(10'000); }

  void go_on(int hashes) { turn_.release(hashes); }

  struct Asked {
    std::string verdict = "none";
    asio::cancellation_signal cancel;
  };

  static std::string show(PasswordVerdict verdict) {
    switch (verdict) {
      case PasswordVerdict::kRight:
        return "right";
      case PasswordVerdict::kWrong:
        return "wrong";
      case PasswordVerdict::kBusy:
        return "busy";
      case PasswordVerdict::kCancelled:
        return "cancelled";
    }
    return "";
  }

  // Begins to ask.
  Asked& ask(std::string user, std::string password, std::string address = "a") {
    Asked& asked = asked_.emplace_back();
    auto check = checker_.check(users_, std::move(user), std::move(password), std::move(address));
    asio::co_spawn(
        io_, std::move(check),
        asio::bind_cancellation_slot(asked.cancel.slot(),
                                     [&asked](const std::exception_ptr& failure, PasswordVerdict verdict) {
                                       asked.verdict = failure ? "failed" : show(verdict);
                                     }));
    return asked;
  }

  std::string verdict(std::string user, std::string password, std::string address = "a") {
    Asked& asked = ask(std::move(user), std::move(password), std::move(address));
    run_until([&] { return asked.verdict != "none"; });
    return asked.verdict;
  }

  void run_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    io_.restart();
    while (!condition() && std::chrono::steady_clock::now() < end) io_.run_one_for(5ms);
    EXPECT_TRUE(condition());
  }

  int count(const std::string& verdict) const {
    int found = 0;
    for (const Asked& asked : asked_) found += asked.verdict == verdict ? 1 : 0;
    return found;
  }

  std::shared_ptr<const Users> users_ =
      std::make_shared<Users>(Users{{"alice", "#secret"}, {"bob", "#sesame"}});
  std::atomic<int> hashed_ = 0;
  std::atomic<bool> held_ = false;
  std::counting_semaphore<> turn_{0};
  std::string last_hash_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::list<Asked> asked_;
  PasswordChecker checker_;
};

TEST_F(PasswordCheckerTest, UserAndPasswordBelongTogether) {
  EXPECT_EQ(verdict("alice", "secret"), "right");
  EXPECT_EQ(verdict("bob", "sesame"), "right");
  EXPECT_EQ(verdict("alice", "sesame"), "wrong");
  EXPECT_EQ(verdict("bob", "secret"), "wrong");
  EXPECT_EQ(verdict("alice", ""), "wrong");
  EXPECT_EQ(verdict("", "secret"), "wrong");
}

TEST_F(PasswordCheckerTest, WhatWasHashedIsRemembered) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(verdict("alice", "secret"), "right");
    EXPECT_EQ(verdict("alice", "guess"), "wrong");
    EXPECT_EQ(verdict("mallory", "guess"), "wrong");
  }
  EXPECT_EQ(hashed_, 3);
}

TEST_F(PasswordCheckerTest, PartsCannotBeMovedFromOneToTheNext) {
  EXPECT_EQ(verdict("alice", "secret"), "right");
  EXPECT_EQ(verdict("alice#", "secret"), "wrong");
  EXPECT_EQ(verdict("alic", "e#secret"), "wrong");
  EXPECT_EQ(hashed_, 3);
}

TEST_F(PasswordCheckerTest, AnotherHashIsAnotherQuestion) {
  EXPECT_EQ(verdict("alice", "secret"), "right");
  users_ = std::make_shared<Users>(Users{{"alice", "#changed"}});
  EXPECT_EQ(verdict("alice", "secret"), "wrong");
  EXPECT_EQ(verdict("alice", "changed"), "right");
  users_ = std::make_shared<Users>(Users{{"bob", "#changed"}});
  EXPECT_EQ(verdict("alice", "changed"), "wrong") << "the user is gone";
}

TEST_F(PasswordCheckerTest, UnknownUsersCostAHashAndAreNeverRight) {
  users_ = std::make_shared<Users>(Users{{"alice", "#secret"}});
  EXPECT_EQ(verdict("mallory", "secret"), "wrong");
  EXPECT_EQ(hashed_, 1);
  EXPECT_EQ(last_hash_, "#secret");
  EXPECT_EQ(verdict("mallory", "secret"), "wrong");
  EXPECT_EQ(verdict("alice", "secret"), "right");
}

TEST_F(PasswordCheckerTest, AFloodOfBadOnesDoesNotMakeGoodOnesForgotten) {
  EXPECT_EQ(verdict("alice", "secret"), "right");
  for (std::size_t i = 0; i < 2 * PasswordChecker::kMaxRemembered; ++i) {
    ASSERT_EQ(verdict("alice", std::to_string(i)), "wrong");
  }
  const int before = hashed_;
  held_ = true;
  EXPECT_EQ(verdict("alice", "secret"), "right");
  EXPECT_EQ(hashed_, before);
}

TEST_F(PasswordCheckerTest, ManyAskTheSameAndItIsHashedOnce) {
  held_ = true;
  for (int i = 0; i < 300; ++i) ask("alice", "secret");
  run_until([&] { return hashed_ == 1; });
  go_on(1);
  run_until([&] { return count("right") == 300; });
  EXPECT_EQ(hashed_, 1);
}

TEST_F(PasswordCheckerTest, OneAddressCannotFillTheQueue) {
  held_ = true;
  ask("alice", "first");
  run_until([&] { return hashed_ == 1; });
  const int allowed = PasswordChecker::kMaxWaitingOfOne;
  for (int i = 0; i < allowed + 5; ++i) ask("alice", std::to_string(i));
  run_until([&] { return count("busy") == 5; });
  Asked& other = ask("alice", "secret", "b");
  go_on(1 + allowed + 1);
  run_until([&] { return count("wrong") == 1 + allowed; });
  run_until([&] { return other.verdict == "right"; });
  EXPECT_EQ(hashed_, allowed + 2) << "one at a time, and all of them";
}

TEST_F(PasswordCheckerTest, TheQueueHasAnEnd) {
  held_ = true;
  ask("alice", "first");
  run_until([&] { return hashed_ == 1; });
  const int allowed = PasswordChecker::kMaxWaiting;
  for (int i = 0; i < allowed + 5; ++i) ask("alice", std::to_string(i), std::to_string(i));
  run_until([&] { return count("busy") == 5; });
  EXPECT_EQ(count("none"), allowed + 1);
  go_on(allowed + 1);
  run_until([&] { return count("wrong") == allowed + 1; });
}

TEST_F(PasswordCheckerTest, WhatNobodyWaitsForIsNotHashed) {
  held_ = true;
  ask("alice", "first");
  run_until([&] { return hashed_ == 1; });
  Asked& one = ask("alice", "guess");
  Asked& two = ask("alice", "guess");
  Asked& last = ask("alice", "secret");
  io_.run_for(1ms);
  one.cancel.emit(asio::cancellation_type::all);
  run_until([&] { return one.verdict == "cancelled"; });
  EXPECT_EQ(two.verdict, "none");
  two.cancel.emit(asio::cancellation_type::all);
  run_until([&] { return two.verdict == "cancelled"; });
  go_on(2);
  run_until([&] { return last.verdict == "right"; });
  EXPECT_EQ(hashed_, 2);
}

TEST_F(PasswordCheckerTest, TheOneBeingHashedCanBeCancelledToo) {
  held_ = true;
  Asked& one = ask("alice", "secret");
  run_until([&] { return hashed_ == 1; });
  one.cancel.emit(asio::cancellation_type::all);
  run_until([&] { return one.verdict == "cancelled"; });
  go_on(1);
  EXPECT_EQ(verdict("alice", "secret"), "right");
}

}  // namespace
}  // namespace kubevitals::net
