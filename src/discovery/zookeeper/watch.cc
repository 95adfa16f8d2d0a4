#include "discovery/zookeeper/watch.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace kubevitals::discovery::zookeeper {
namespace {

// Until a session that could not begin is tried again, and what could not be read is read again.
constexpr std::chrono::seconds kRetry{10};

// A session that finds no connection for so long is given up: no server knows it any more. One that lost its
// history would even refuse it for ever, because we have seen what it never wrote.
constexpr std::chrono::seconds kPatience{30};

asio::awaitable<bool> is_cancelled() {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& one : texts) text.append(text.empty() ? "" : ",").append(one);
  return text;
}

Error absence_of(const std::string& path) {
  return Error{ErrorCode::kNotFound, "cannot watch " + path + ": there is no such node"};
}

}  // namespace

Watch::Watch(const TreeOptions& options, ParseMember parse, const DiscovererContext& context,
             asio::any_io_executor strand, GroupSink& sink)
    : options_(options),
      parse_(parse),
      clock_(context.clock),
      failures_(context.metrics.metric("prometheus_treecache_zookeeper_failures_total")),
      watchers_(context.metrics.metric("prometheus_treecache_watcher_goroutines")),
      strand_(std::move(strand)),
      sink_(&sink),
      over_(strand_, asio::steady_timer::time_point::max()),
      tree_(options.paths, *this) {}

Watch::~Watch() = default;

asio::awaitable<void> Watch::run(std::shared_ptr<Watch> self, OpenSession open) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await is_cancelled()) {
    const SteadyTime begun = self->clock_.now();
    co_await self->hold_session(open);
    if (self->was_connected_) continue;
    if (!co_await self->clock_.sleep_until(begun + kRetry)) break;
  }
  self->sink_ = nullptr;
  self->watchers_->add(-std::exchange(self->counted_, 0));
}

// Until the session is over or the coroutine is cancelled.
asio::awaitable<void> Watch::hold_session(OpenSession open) {
  session_over_ = connected_ = was_connected_ = false;
  disconnected_since_ = clock_.now();
  session_ = open(strand_, options_, *this);
  while (!session_over_ && !co_await is_cancelled()) {
    boost::system::error_code woken;
    auto token = asio::redirect_error(asio::use_awaitable, woken);
    co_await over_.async_wait(token);
  }
  connected_ = false;
  tree_.detach();
  co_await session_->close();
  session_.reset();
}

asio::awaitable<void> Watch::retry(std::shared_ptr<Watch> self, Clock& clock) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (co_await clock.sleep_for(kRetry)) {
    if (self->connected_) {
      self->tree_.retry();
    } else {
      const std::string servers = joined(self->options_.servers);
      self->fail(Error{ErrorCode::kUnavailable, "cannot connect to ZooKeeper at " + servers});
      const Duration patience = std::max<Duration>(kPatience, self->options_.timeout);
      if (clock.now() - self->disconnected_since_ >= patience) self->end_session();
    }
  }
}

void Watch::on_connected() {
  connected_ = was_connected_ = true;
  tree_.attach(*session_);
}

void Watch::on_disconnected() {
  if (!std::exchange(connected_, false)) return;
  disconnected_since_ = clock_.now();
  tree_.detach();
  fail(Error{ErrorCode::kUnavailable, "the connection to ZooKeeper was lost"});
}

void Watch::on_over(Error error) {
  fail(std::move(error));
  end_session();
}

void Watch::end_session() {
  connected_ = false;
  session_over_ = true;
  tree_.detach();
  over_.cancel();
}

TargetGroupPtr Watch::group_of(const std::string& path, const std::optional<std::string>& data) const {
  if (!data) return nullptr;
  const Result<LabelBlockPtr> target = parse_(*data, path);
  if (!target) return nullptr;
  return std::make_shared<const TargetGroup>(TargetGroup{path, nullptr, {*target}});
}

void Watch::on_data(const std::string& path, const std::optional<std::string>& data) {
  absent_.erase(path);
  const auto nodes = static_cast<double>(tree_.size());
  watchers_->add(nodes - std::exchange(counted_, nodes));
  const TargetGroupPtr group = group_of(path, data);
  const auto known = groups_.find(path);
  if (known == groups_.end() ? group == nullptr : group != nullptr && known->second->equals(*group)) return;
  if (group) {
    groups_.insert_or_assign(path, group);
  } else {
    groups_.erase(known);
  }
  changed_.insert(path);
  flush_later();
}

void Watch::on_absent(const std::string& path) {
  if (absent_.insert(path).second) fail(absence_of(path));
}

void Watch::on_settled() {
  if (!published_) {
    // When all there is has failed, nothing is known.
    if (tree_.is_failing() && tree_.size() == 0) return;
    published_ = true;
    std::vector<TargetGroupPtr> groups;
    for (const auto& [path, group] : groups_) groups.push_back(group);
    changed_.clear();
    sink_->update(std::move(groups));
    if (failure_) sink_->failed(*failure_);
  }
  flush();
  if (!failure_ || tree_.is_failing()) return;
  if (absent_.empty()) {
    failure_.reset();
    sink_->recovered();
  } else if (failure_->code != ErrorCode::kNotFound) {
    failure_ = absence_of(*absent_.begin());
    sink_->failed(*failure_);
  }
}

void Watch::fail(Error error) {
  failures_->add();
  failure_ = error;
  if (sink_ != nullptr) sink_->failed(std::move(error));
}

// What comes together is told together.
void Watch::flush_later() {
  if (!published_ || std::exchange(flushing_, true)) return;
  asio::post(strand_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flushing_ = false;
    self->flush();
  });
}

void Watch::flush() {
  if (!published_ || sink_ == nullptr || changed_.empty()) return;
  std::vector<TargetGroupPtr> groups;
  for (const std::string& path : std::exchange(changed_, {})) {
    const auto known = groups_.find(path);
    groups.push_back(known == groups_.end() ? empty_group(path) : known->second);
  }
  sink_->update(std::move(groups));
  if (failure_) sink_->failed(*failure_);
}

}  // namespace kubevitals::discovery::zookeeper
