// The trees of one discoverer at work.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "discovery/discoverer.h"
#include "discovery/zookeeper/discoverer.h"
#include "discovery/zookeeper/tree.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery::zookeeper {

// Has one session after the other, makes groups of what its tree says, and tells the sink: everything at
// once when all has been read for the first time, then each change. A failure is shown until everything
// could be read again. On one strand.
class Watch final : public TreeListener, public SessionListener, public std::enable_shared_from_this<Watch> {
 public:
  Watch(const TreeOptions& options, ParseMember parse, const DiscovererContext& context,
        asio::any_io_executor strand, GroupSink& sink);
  ~Watch() override;

  // Until the coroutine is cancelled; no session is left then.
  static asio::awaitable<void> run(std::shared_ptr<Watch> self, OpenSession open);
  // Meanwhile: reads again what failed, and says so while there is no connection. Until it is cancelled.
  static asio::awaitable<void> retry(std::shared_ptr<Watch> self, Clock& clock);

  void on_connected() override;
  void on_disconnected() override;
  void on_over(Error error) override;
  void on_changed(const std::string& path) override { tree_.changed(path); }

  void on_data(const std::string& path, const std::optional<std::string>& data) override;
  void on_absent(const std::string& path) override;
  void on_failure(Error error) override { fail(std::move(error)); }
  void on_settled() override;

 private:
  asio::awaitable<void> hold_session(OpenSession open);
  TargetGroupPtr group_of(const std::string& path, const std::optional<std::string>& data) const;
  void end_session();
  void fail(Error error);
  void flush_later();
  void flush();

  const TreeOptions options_;
  const ParseMember parse_;
  Clock& clock_;
  const std::shared_ptr<exposition::Metric> failures_;
  const std::shared_ptr<exposition::Metric> watchers_;
  const asio::any_io_executor strand_;
  GroupSink* sink_;  // null when run() has ended

  std::unique_ptr<Session> session_;
  asio::steady_timer over_;  // cancelled when the session is over
  bool session_over_ = false;
  bool connected_ = false;
  bool was_connected_ = false;  // this session, once
  SteadyTime disconnected_since_{};

  Tree tree_;
  double counted_ = 0;            // among watchers_
  std::set<std::string> absent_;  // paths without node
  std::optional<Error> failure_;  // what is shown
  bool published_ = false;
  bool flushing_ = false;
  std::map<std::string, TargetGroupPtr> groups_;  // by path
  std::set<std::string> changed_;                 // paths of groups that the sink does not know yet
};

}  // namespace kubevitals::discovery::zookeeper
