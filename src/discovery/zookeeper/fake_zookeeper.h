// A ZooKeeper for tests, without sockets.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "discovery/zookeeper/discoverer.h"

namespace kubevitals::discovery::zookeeper {

// A tree whose sessions read and watch it as the real one's do: a watch is told once; what happens while the
// connection is gone is told to nobody, which is worse than the real one. Every answer and every event takes
// a turn of the executor. Lives on one thread.
class FakeZooKeeper {
 public:
  explicit FakeZooKeeper(asio::any_io_executor executor);
  ~FakeZooKeeper();

  OpenSession opener();

  // Creates the node, and its parents without data, or changes it.
  void set(const std::string& path, const std::string& data);
  // With everything below.
  void remove(const std::string& path);
  const std::map<std::string, std::string>& nodes() const;

  // Breaks all connections, and lets nobody in until connect().
  void disconnect();
  void connect();
  // Ends all sessions.
  void expire();
  // Reading this path fails from now on, or no more.
  void refuse(const std::string& path, bool refused = true);
  void refuse_nothing();
  // New sessions end before they begin.
  void be_unknown(bool unknown);

  int sessions_opened() const;
  int sessions_open() const;
  // How many readings there were since the last call.
  int take_readings();

 private:
  class FakeSession;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubevitals::discovery::zookeeper
