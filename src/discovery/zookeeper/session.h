// A session with ZooKeeper, as the tree watcher sees it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/zookeeper/options.h"

namespace kubevitals::discovery::zookeeper {

struct NodeContent {
  std::string data;
  std::vector<std::string> children;  // their names
};

// Is told what happens, on the strand of the session.
class SessionListener {
 public:
  virtual ~SessionListener() = default;

  // What was read before the connection was lost is to be read again: connections come and go, and watches
  // that should have been triggered meanwhile may be.
  virtual void on_connected() = 0;
  virtual void on_disconnected() = 0;
  // The session is of no use any more: it expired, or there never was one.
  virtual void on_over(Error error) = 0;
  // The node has other data or other children than when it was read, or exists no more, or now.
  virtual void on_changed(const std::string& path) = 0;
};

// All of it on one strand.
class Session {
 public:
  // Nothing: there is no such node.
  using Callback = std::function<void(Result<std::optional<NodeContent>>)>;

  virtual ~Session() = default;

  // Reads a node, and watches it from then on for one change. A node that does not exist is watched if
  // `even_absent`. Calls back later, also when the session ends, but not after close().
  virtual void read(std::string path, bool even_absent, Callback callback) = 0;

  // Ends the session. The listener is told nothing from the call on; when this returns no thread of the
  // session is left, unless it still waits for the system to resolve the servers' names.
  virtual asio::awaitable<void> close() = 0;
};

// A session of the C client, whose threads hand everything over to the strand. Never blocks. The listener
// outlives close().
std::unique_ptr<Session> open_session(asio::any_io_executor strand, const TreeOptions& options,
                                      SessionListener& listener);

}  // namespace kubevitals::discovery::zookeeper
