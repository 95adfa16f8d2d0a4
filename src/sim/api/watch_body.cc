#include "sim/api/watch_body.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "sim/api/error.h"

namespace kubevitals::sim {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::size_t kEventsAtOnce = 200;

// Wakes a watch that waits. raise() may be called from any thread, the rest from the watch's strand.
struct Signal : std::enable_shared_from_this<Signal> {
  explicit Signal(const asio::any_io_executor& executor) : timer(executor) {}

  void raise() {
    if (raised.exchange(true)) return;
    asio::post(timer.get_executor(), [self = shared_from_this()] { self->timer.cancel(); });
  }

  asio::steady_timer timer;
  std::atomic<bool> raised{false};
};

class WatchBody final : public net::BodySource {
 public:
  WatchBody(std::shared_ptr<Cluster> cluster, unsigned resource, Clock& clock, WatchOptions options)
      : cluster_(std::move(cluster)),
        resource_(resource),
        clock_(clock),
        options_(std::move(options)),
        encoder_(cluster_->layout(), resource, options_.media),
        matcher_(cluster_->layout(), resource, Media{}),
        position_(options_.rv),
        deadline_(clock.now() + options_.timeout),
        next_bookmark_(clock.now() + options_.bookmark_interval) {}

  ~WatchBody() final {
    if (listener_ != 0) cluster_->remove_listener(listener_);
  }

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() final {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto executor = co_await asio::this_coro::executor;
    listen(executor);
    for (;;) {
      if (ended_) co_return std::vector<net::BodyChunk>{};
      signal_->raised = false;
      std::string out;
      const WatchDisturbance disturbance = options_.disturbance ? options_.disturbance() : WatchDisturbance{};
      if (disturbance.dropped) {
        co_return Error{ErrorCode::kUnavailable, "cannot send the watch: dropped by a fault"};
      }
      if (disturbance.silent) {
        if (clock_.now() >= deadline_) ended_ = true;
      } else {
        produce(out, disturbance);
      }
      if (!out.empty()) {
        std::vector<net::BodyChunk> chunks;
        chunks.push_back(net::BodyChunk::of(std::move(out)));
        co_return chunks;
      }
      if (ended_) continue;
      co_await wait(disturbance.silent);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) {
        co_return Error{ErrorCode::kCancelled, "cannot send the watch: the client went away"};
      }
    }
  }

 private:
  void listen(const asio::any_io_executor& executor) {
    if (signal_) return;
    signal_ = std::make_shared<Signal>(executor);
    listener_ = cluster_->add_listener(resource_, [signal = signal_] { signal->raise(); });
  }

  asio::awaitable<void> wait(bool silent) {
    if (signal_->raised && !silent) co_return;
    SteadyTime until = deadline_;
    if (options_.bookmarks) until = std::min(until, next_bookmark_);
    if (silent) until = std::min(deadline_, clock_.now() + std::chrono::milliseconds(100));
    signal_->timer.expires_after(std::max<Duration>(until - clock_.now(), std::chrono::milliseconds(1)));
    boost::system::error_code ignored;
    co_await signal_->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // Appends what there is to send now.
  void produce(std::string& out, const WatchDisturbance& disturbance) {
    const std::int64_t now = cluster_->wall_seconds();
    if (options_.initial) {
      produce_initial(out, now);
      if (options_.initial) return;
    }
    if (std::exchange(options_.initial_end_bookmark, false))
      encoder_.append_bookmark(out, position_, true, now);
    const Result<Cluster::Batch> batch = cluster_->events(resource_, position_, kEventsAtOnce);
    if (!batch) {
      const ApiError error = expired(batch.error().message);
      encoder_.append_error(out, error.document());
      ended_ = true;
      return;
    }
    produce_events(out, batch->events, disturbance, now);
    position_ = batch->complete_until;
    const SteadyTime time = clock_.now();
    const bool over = time >= deadline_;
    if (options_.bookmarks && (time >= next_bookmark_ || (over && position_ > bookmarked_))) {
      encoder_.append_bookmark(out, position_, false, now);
      bookmarked_ = position_;
      next_bookmark_ = time + options_.bookmark_interval;
    }
    if (over) ended_ = true;
  }

  void produce_initial(std::string& out, std::int64_t now) {
    const std::vector<Version>& versions = options_.initial->versions;
    while (initial_sent_ < versions.size() && out.size() < kChunkBytes) {
      const Version& version = versions[initial_sent_++];
      if (matches(version)) encoder_.append_event(out, "ADDED", version, now);
    }
    if (initial_sent_ == versions.size()) options_.initial.reset();
  }

  void produce_events(std::string& out, const std::vector<Event>& events, const WatchDisturbance& disturbance,
                      std::int64_t now) {
    std::vector<std::string> frames;
    for (const Event& event : events) {
      std::string frame;
      append_event(frame, event, now);
      if (frame.empty()) continue;
      if (disturbance.duplicate) frames.push_back(frame);
      frames.push_back(std::move(frame));
    }
    if (disturbance.out_of_order) {
      for (std::size_t i = 1; i < frames.size(); i += 2) std::swap(frames[i - 1], frames[i]);
    }
    for (const std::string& frame : frames) out.append(frame);
  }

  // An object that begins to match the selectors is ADDED, one that ceases to is DELETED.
  void append_event(std::string& out, const Event& event, std::int64_t now) {
    const bool was = event.before && matches(*event.before);
    const bool is = event.type != EventType::kDeleted && matches(event.after);
    if (is) {
      encoder_.append_event(out, was ? "MODIFIED" : "ADDED", event.after, now);
    } else if (was) {
      // The last state that matched, with the resourceVersion of the change.
      Version last = event.type == EventType::kDeleted ? event.after : *event.before;
      last.rv = event.after.rv;
      encoder_.append_event(out, "DELETED", last, now);
    }
  }

  bool matches(const Version& version) {
    return options_.selection.matches(matcher_, resource_, cluster_->layout(), version);
  }

  std::shared_ptr<Cluster> cluster_;
  const unsigned resource_;
  Clock& clock_;
  WatchOptions options_;
  Encoder encoder_;
  Encoder matcher_;  // renders for the selectors
  std::uint64_t position_;
  std::uint64_t bookmarked_ = 0;
  const SteadyTime deadline_;
  SteadyTime next_bookmark_;
  std::size_t initial_sent_ = 0;
  bool ended_ = false;
  std::shared_ptr<Signal> signal_;
  std::uint64_t listener_ = 0;
};

}  // namespace

bool Selection::may_match(const Layout& layout, unsigned resource, const Version& version) const {
  if (!ns.empty() && namespace_of(layout, resource, version) != ns) return false;
  if (const std::string* name = fields.required("metadata.name");
      name && name_of(layout, resource, version) != *name) {
    return false;
  }
  const std::string* node = resource == kPod ? fields.required("spec.nodeName") : nullptr;
  if (node == nullptr || version.has_document()) return true;
  return version.number == kNone ? node->empty() : layout.node_name(version.number) == *node;
}

bool Selection::matches(Encoder& encoder, unsigned resource, const Layout& layout,
                        const Version& version) const {
  if (!may_match(layout, resource, version)) return false;
  if (selects_all()) return true;
  bool result = false;
  encoder.with_document(version, [&](const json::object& object) {
    result = labels.matches(object) && fields.matches(object);
  });
  return result;
}

std::unique_ptr<net::BodySource> make_watch_body(std::shared_ptr<Cluster> cluster, unsigned resource,
                                                 Clock& clock, WatchOptions options) {
  return std::make_unique<WatchBody>(std::move(cluster), resource, clock, std::move(options));
}

}  // namespace kubevitals::sim
