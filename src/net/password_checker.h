// Basic authentication's passwords, checked where that holds nobody up.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kubevitals::net {

// Names and bcrypt hashes.
using Users = std::map<std::string, std::string>;

enum class PasswordVerdict {
  kRight,
  kWrong,      // or there is no such user
  kBusy,       // too many are being checked already
  kCancelled,  // the awaiting coroutine was
};

// One password is hashed at a time, on a thread of its own, so that a flood of bad ones takes neither the
// threads that serve nor all of the CPU. Results are remembered, good ones apart from bad ones, so that the
// flood does not make the good ones be forgotten; what is remembered is a keyed digest of name, hash and
// password. The same password asked for by many connections is hashed once. A name that does not exist costs
// the hash of one that does.
//
// Thread-safe. Whoever awaits keeps it alive. Destruction waits for the hash under way.
class PasswordChecker {
 public:
  using Matches = std::function<bool(std::string_view password, std::string_view hash)>;

  // Waiting for their turn, in all and for one client's address.
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr std::size_t kMaxWaitingOfOne = 16;
  // Results of each kind.
  static constexpr std::size_t kMaxRemembered = 1024;

  PasswordChecker();
  explicit PasswordChecker(Matches matches);
  ~PasswordChecker();
  PasswordChecker(const PasswordChecker&) = delete;
  PasswordChecker& operator=(const PasswordChecker&) = delete;

  // `users` are those in force now and not empty; `address` is the client's.
  asio::awaitable<PasswordVerdict> check(std::shared_ptr<const Users> users, std::string user,
                                         std::string password, std::string address);

 private:
  class State;
  std::shared_ptr<State> state();

  const Matches matches_;
  std::once_flag started_;
  std::optional<asio::thread_pool> pool_;  // made for the first password
  std::shared_ptr<State> state_;           // the same
};

}  // namespace kubevitals::net
