#include "discovery/manager/provider.h"

#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "base/run_on.h"

namespace kubevitals::discovery {

Provider::Provider(std::string name, std::string mechanism, DiscovererOptionsPtr options, Strand manager,
                   Clock& clock, std::function<void()> wake)
    : name_(std::move(name)),
      mechanism_(std::move(mechanism)),
      options_(std::move(options)),
      manager_(std::move(manager)),
      clock_(clock),
      wake_(std::move(wake)),
      ended_(manager_, SteadyTime::max()),
      places_(0, BySource{&groups_}, BySource{&groups_}) {
  state_.name = name_;
  state_.mechanism = mechanism_;
  snapshot_ = std::make_shared<const ProviderSnapshot>(state_);
}

Result<void> Provider::start(const DiscovererContext& context) {
  Result<std::unique_ptr<Discoverer>> made = options_->make(context);
  if (!made) return made.error();
  discoverer_ = std::move(*made);
  strand_ = asio::make_strand(context.workers);
  running_ = true;
  auto ended = [self = shared_from_this()](const std::exception_ptr& exception) {
    // Later, when the last steps of the discoverer are over; and before anybody is told, since whoever waits
    // for its end may then end what it uses.
    asio::post(*self->strand_, [self, exception] {
      self->discoverer_.reset();
      asio::post(self->manager_, [self, exception] {
        if (exception) {
          spdlog::error("discovery {} ended unexpectedly", self->name_);
          self->failed(Error{ErrorCode::kInternal, "the mechanism ended unexpectedly"});
        }
        self->running_ = false;
        self->ended_.cancel();
      });
    });
  };
  auto run = discoverer_->run(*this);
  asio::co_spawn(*strand_, std::move(run), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
  return {};
}

void Provider::set_static(const std::vector<TargetGroupPtr>& groups) {
  for (const TargetGroupPtr& group : groups) put(group);
  state_.answered = true;
  changed_ = true;
}

asio::awaitable<void> Provider::stop() {
  const auto self = shared_from_this();
  if (!strand_) co_return;
  asio::post(*strand_, [self] { self->cancel_.emit(asio::cancellation_type::all); });
  boost::system::error_code ignored;
  while (running_) co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Provider::wake_once() {
  if (std::exchange(pending_.woken, true)) return;
  wake_();
}

void Provider::update(std::vector<TargetGroupPtr> groups) {
  const MutexLock lock(mutex_);
  for (TargetGroupPtr& group : groups) {
    TargetGroupPtr& waiting = pending_.groups[group->source];
    waiting = std::move(group);
  }
  pending_.answered = true;
  pending_.said = true;
  pending_.error.reset();
  pending_.last_success = clock_.wall_now();
  wake_once();
}

void Provider::failed(Error error) {
  const MutexLock lock(mutex_);
  pending_.said = true;
  pending_.error = std::move(error);
  wake_once();
}

void Provider::recovered() {
  const MutexLock lock(mutex_);
  pending_.said = true;
  pending_.error.reset();
  pending_.last_success = clock_.wall_now();
  wake_once();
}

bool Provider::take() {
  Pending pending;
  {
    const MutexLock lock(mutex_);
    std::swap(pending, pending_);
  }
  if (!pending.said) return false;
  for (const auto& [source, group] : pending.groups) put(group);
  if (pending.answered) state_.answered = true;
  if (pending.last_success) state_.last_success = pending.last_success;
  log_.note(pending.error ? pending.error->message : std::string());
  state_.error = std::move(pending.error);
  changed_ = true;
  return true;
}

SteadyTime Provider::write_log() {
  if (const auto line = log_.take(clock_.now())) {
    const std::string more = line->untold == 0
                                 ? std::string()
                                 : " (" + std::to_string(line->untold) + " failures not told before)";
    if (line->error.empty()) {
      spdlog::info("discovery {} works again{}", name_, more);
    } else {
      spdlog::warn("discovery {}: {}{}", name_, line->error, more);
    }
  }
  return log_.due();
}

void Provider::put(const TargetGroupPtr& group) {
  const auto known = places_.find(std::string_view(group->source));
  std::uint32_t place = 0;
  if (known != places_.end()) {
    place = *known;
    if (groups_[place]->equals(*group)) return;
    state_.targets -= groups_[place]->targets.size();
    if (group->targets.empty()) {
      places_.erase(known);
      free_.push_back(place);
      groups_[place] = nullptr;
    } else {
      groups_[place] = group;
    }
  } else if (group->targets.empty()) {
    return;
  } else {
    if (free_.empty()) {
      place = static_cast<std::uint32_t>(groups_.size());
      groups_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    groups_[place] = group;
    places_.insert(place);
  }
  state_.targets += group->targets.size();
  changes_[place / kPageGroups] |= std::uint32_t{1} << (place % kPageGroups);
}

Provider::Changes Provider::publish() {
  if (!changed_) return {};
  auto next = std::make_shared<ProviderSnapshot>(state_);
  next->pages = snapshot_->pages;
  next->pages.resize((groups_.size() + kPageGroups - 1) / kPageGroups);
  for (const auto& [page, places] : changes_) {
    GroupPage::Groups groups;
    for (std::size_t i = 0; i < kPageGroups && page * kPageGroups + i < groups_.size(); ++i) {
      groups[i] = groups_[page * kPageGroups + i];
    }
    next->pages[page] = std::make_shared<const GroupPage>(std::move(groups));
  }
  if (!changes_.empty()) ++state_.version;
  next->version = state_.version;
  snapshot_ = std::move(next);
  changed_ = false;
  return std::exchange(changes_, {});
}

asio::awaitable<std::vector<std::string>> Provider::why_absent(AbsenceQuery query) const {
  if (!strand_) co_return std::vector<std::string>();
  auto ask = [self = shared_from_this(), query = std::move(query)] {
    return self->discoverer_ ? self->discoverer_->why_absent(query) : std::vector<std::string>();
  };
  const asio::any_io_executor executor = *strand_;
  auto asked = run_on(executor, std::move(ask));
  co_return co_await std::move(asked);
}

}  // namespace kubevitals::discovery
