#include "kube/feeds.h"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>
#include <random>

#include "kube/reflector.h"

namespace kubevitals::kube {
namespace {

struct Running {
  WatchScope scope;
  std::type_index type;
  std::shared_ptr<Reflector> reflector;
  std::size_t members = 0;
};

}  // namespace

// Shared with the subscriptions and the reflectors, so that these may end in any order.
class Feeds::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor workers, ApiTransport& transport, Clock& clock, FeedOptions options,
       std::uint64_t seed)
      : workers_(std::move(workers)), transport_(transport), clock_(clock), options_(options), seeds_(seed) {}

  // The reflector that the member follows now; null after stop().
  std::shared_ptr<Reflector> join(const WatchScope& scope, std::type_index type,
                                  std::unique_ptr<DecodedObject> (*make_object)(),
                                  const std::shared_ptr<FeedMember>& member) {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return nullptr;
    }
    const auto found = std::find_if(feeds_.begin(), feeds_.end(), [&](const Running& feed) {
      return feed.type == type && feed.scope == scope;
    });
    if (found != feeds_.end()) {
      ++found->members;
      found->reflector->members().add(member);
      found->reflector->welcome();
      return found->reflector;
    }
    auto reflector =
        std::make_shared<Reflector>(workers_, transport_, clock_, scope, options_, seeds_(), make_object());
    reflector->members().add(member);
    feeds_.push_back({scope, type, reflector, 1});
    ++running_;
    reflector->start([self = shared_from_this()] { self->ended(); });
    return reflector;
  }

  void leave(const std::shared_ptr<Reflector>& reflector) {
    const std::lock_guard lock(mutex_);
    const auto feed = std::find_if(feeds_.begin(), feeds_.end(), [&](const Running& candidate) {
      return candidate.reflector == reflector;
    });
    if (feed != feeds_.end() && --feed->members == 0) {
      reflector->stop();
      feeds_.erase(feed);
    }
  }

  std::vector<FeedStats> stats() const {
    const std::lock_guard lock(mutex_);
    std::vector<FeedStats> all;
    all.reserve(feeds_.size());
    for (const Running& feed : feeds_) {
      all.push_back(feed.reflector->stats());
    }
    return all;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const Running& feed : feeds_) {
      feed.reflector->stop();
    }
    feeds_.clear();
  }

  // Calls `call` once no reflector runs any more, perhaps at once.
  void when_idle(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      if (running_ != 0) {
        waiters_.push_back(std::move(call));
        return;
      }
    }
    call();
  }

 private:
  void ended() {
    std::vector<std::function<void()>> waiters;
    {
      const std::lock_guard lock(mutex_);
      if (--running_ == 0) {
        waiters.swap(waiters_);
      }
    }
    for (const auto& waiter : waiters) {
      waiter();
    }
  }

  // Constant after construction.
  const asio::any_io_executor workers_;
  ApiTransport& transport_;
  Clock& clock_;
  const FeedOptions options_;

  mutable std::mutex mutex_;  // guards the rest
  std::mt19937_64 seeds_;
  std::vector<Running> feeds_;  // that have members
  std::size_t running_ = 0;     // reflectors, those that are about to end included
  bool stopped_ = false;
  std::vector<std::function<void()>> waiters_;
};

class Feeds::Following final : public Subscription {
 public:
  Following(std::weak_ptr<Impl> feeds, std::shared_ptr<Reflector> reflector,
            std::shared_ptr<FeedMember> member)
      : feeds_(std::move(feeds)), reflector_(std::move(reflector)), member_(std::move(member)) {}
  ~Following() override {
    member_->end();
    if (const auto feeds = feeds_.lock()) {
      feeds->leave(reflector_);
    }
  }

 private:
  const std::weak_ptr<Impl> feeds_;
  const std::shared_ptr<Reflector> reflector_;
  const std::shared_ptr<FeedMember> member_;
};

Feeds::Feeds(asio::any_io_executor workers, ApiTransport& transport, Clock& clock, FeedOptions options,
             std::uint64_t random_seed)
    : impl_(std::make_shared<Impl>(std::move(workers), transport, clock, options, random_seed)) {}

Feeds::~Feeds() {
  impl_->stop();
}

std::unique_ptr<Subscription> Feeds::follow(const WatchScope& scope, std::type_index type,
                                            std::unique_ptr<DecodedObject> (*make_object)(),
                                            std::shared_ptr<FeedMember> member) {
  auto reflector = impl_->join(scope, type, make_object, member);
  return std::make_unique<Following>(impl_, std::move(reflector), std::move(member));
}

std::vector<FeedStats> Feeds::stats() const {
  return impl_->stats();
}

asio::awaitable<void> Feeds::stop() {
  const auto impl = impl_;
  impl->stop();
  const auto initiation = [impl](auto handler) {
    // Work on the caller's executor, or it might run out of that while it waits.
    const auto executor =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    const auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    impl->when_idle([executor, resume] { asio::post(executor, [resume] { std::move (*resume)(); }); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiation, asio::use_awaitable);
}

}  // namespace kubevitals::kube
