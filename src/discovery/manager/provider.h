// One discovery mechanism at work, with what it has found.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "discovery/discoverer.h"
#include "discovery/manager/failure_log.h"
#include "discovery/manager/snapshot.h"

namespace kubevitals::discovery {

using Strand = asio::strand<asio::any_io_executor>;

// Shared by all jobs with equal options. Groups are kept by source, in places that stay theirs.
//
// Lives on the manager's strand; the discoverer runs on a strand of its own, and what it says waits in
// between, newest first of each source, so that a flood of updates takes no more memory than what they are
// about.
class Provider final : public GroupSink, public std::enable_shared_from_this<Provider> {
 public:
  // Groups of a page that changed: a bit for each place.
  using Changes = std::map<std::size_t, std::uint32_t>;

  // `wake` is called on any thread when there is something to take().
  Provider(std::string name, std::string mechanism, DiscovererOptionsPtr options, Strand manager,
           Clock& clock, std::function<void()> wake);

  const std::string& name() const { return name_; }
  const std::string& mechanism() const { return mechanism_; }
  const DiscovererOptionsPtr& options() const { return options_; }

  // Fails when the mechanism cannot be made with these options.
  Result<void> start(const DiscovererContext& context);
  // Groups that never change: instead of start().
  void set_static(const std::vector<TargetGroupPtr>& groups);
  // Ends the discoverer and waits for that.
  asio::awaitable<void> stop();

  // Takes over what the discoverer has said. True when there was anything.
  bool take();

  // Tells the log how the mechanism fares, as far as that is due. When it will be the next time, as it is.
  SteadyTime write_log();

  // Makes a new snapshot when something was taken since the last one; what changed in between.
  Changes publish();
  const std::shared_ptr<const ProviderSnapshot>& snapshot() const { return snapshot_; }

  // What the mechanism knows about a target that is not there.
  asio::awaitable<std::vector<std::string>> why_absent(AbsenceQuery query) const;

  // GroupSink, from any thread.
  void update(std::vector<TargetGroupPtr> groups) override;
  void failed(Error error) override;
  void recovered() override;

 private:
  struct Pending {
    std::unordered_map<std::string, TargetGroupPtr> groups;
    bool answered = false;
    bool said = false;  // about the error
    std::optional<Error> error;
    std::optional<WallTime> last_success;
    bool woken = false;  // wake() was called since the last take()
  };

  // Finds a place by the source of the group that is there, which is not copied for that.
  struct BySource {
    using is_transparent = void;
    const std::vector<TargetGroupPtr>* groups;

    std::string_view source(std::uint32_t place) const { return (*groups)[place]->source; }
    std::string_view source(std::string_view source) const { return source; }
    std::size_t operator()(const auto& key) const { return std::hash<std::string_view>()(source(key)); }
    bool operator()(const auto& a, const auto& b) const { return source(a) == source(b); }
  };

  void wake_once() REQUIRES(mutex_);
  void put(const TargetGroupPtr& group);

  const std::string name_;
  const std::string mechanism_;
  const DiscovererOptionsPtr options_;
  const Strand manager_;
  Clock& clock_;
  const std::function<void()> wake_;

  // Of the discoverer: its strand, and how it is ended.
  std::optional<Strand> strand_;
  std::unique_ptr<Discoverer> discoverer_;  // used on strand_ once it runs; null when it has ended
  asio::cancellation_signal cancel_;        // used on strand_
  asio::steady_timer ended_;                // cancelled at its end; the rest lives on the manager's strand
  bool running_ = false;

  std::vector<TargetGroupPtr> groups_;  // by place; null: free
  std::vector<std::uint32_t> free_;
  boost::unordered_flat_set<std::uint32_t, BySource, BySource> places_;  // those that are not free, by source
  Changes changes_;
  bool changed_ = false;  // something in the snapshot, groups or not
  FailureLog log_;
  std::shared_ptr<const ProviderSnapshot> snapshot_;
  ProviderSnapshot state_;  // without the pages: what the next snapshot says

  Mutex mutex_;
  Pending pending_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::discovery
