// A Consul agent for tests.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "discovery/http_client/client.h"

namespace kubevitals::discovery::consul {

// Answers /v1/agent/self, /v1/catalog/services and /v1/health/service/<name>; the latter two block as the
// real one does: until there is an index above the one that was given, or the wait is over. Lives on the
// thread that runs everything; outlives its requests.
class FakeAgent final : public MechanismClient {
 public:
  FakeAgent(asio::any_io_executor executor, Clock& clock);

  // Puts a service into the catalog, or changes it: its tags, and the list of its instances as JSON.
  void set(const std::string& service, const std::vector<std::string>& tags, const std::string& instances);
  void remove(const std::string& service);
  // Answers everything that waits, although nothing has changed.
  void wake();
  // Loses its history: counts from this index on.
  void restart(std::uint64_t index);

  // This status instead of an answer to questions whose path ends like that; 0: no answer at all but an
  // error; gone when the status is 200.
  void fail(const std::string& path, int status);
  // Leaves X-Consul-Index out, or says something else.
  void say_index(std::string text) { said_index_ = std::move(text); }

  // What was asked since the last call, in order: path and query, and the token when there was one.
  std::vector<std::string> take_asked();
  // Questions that wait for news.
  int waiting() const { return waiting_; }

  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request, std::size_t max_body) override;

 private:
  struct Service {
    std::vector<std::string> tags;
    std::string instances;
    std::uint64_t index = 0;
  };

  std::uint64_t index_of(const std::string& path) const;
  std::string body_of(const std::string& path) const;
  int fault_of(const std::string& path) const;
  asio::awaitable<void> wait_for_news(std::string path, std::uint64_t index);
  asio::awaitable<bool> await_wake();

  Clock& clock_;
  asio::steady_timer news_;
  std::map<std::string, Service> services_;
  std::map<std::string, int> faults_;
  std::uint64_t index_ = 10;
  std::uint64_t catalog_index_ = 10;
  std::optional<std::string> said_index_;
  std::vector<std::string> asked_;
  int waiting_ = 0;
  int wakes_ = 0;
};

}  // namespace kubevitals::discovery::consul
