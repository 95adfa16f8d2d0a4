// How a reflector follows what changes.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

#include "kube/reflector.h"

namespace kubevitals::kube {
namespace {

// A watch that ends sooner counts as none: the next one waits.
constexpr std::chrono::seconds kShortWatch{1};
// A list that was outdated so soon is not followed by another one at once.
constexpr std::chrono::seconds kRecentList{10};
// So many 5xx in a row, and the resourceVersion is suspected.
constexpr std::uint32_t kMaxFailedWatches = 5;
// So many in a row that brought nothing until they were given up: the server may wait for a history that it
// has lost.
constexpr std::uint32_t kMaxSilentWatches = 2;
// What the server gets above the time-out that it was asked for.
constexpr std::chrono::seconds kGrace{30};

}  // namespace

std::chrono::seconds Reflector::random_watch_timeout() {
  // client-go's range: spread, so that not all watches are made anew at once.
  std::uniform_int_distribution<int> seconds(300, 599);
  return std::chrono::seconds(seconds(random_));
}

asio::awaitable<void> Reflector::watch() {
  Attempt failure = co_await follow();
  if (failure && failure->kind == Failure::Kind::kInterrupted) {
    close();
    co_return;
  }
  co_await after_watch(std::move(failure));
}

asio::awaitable<Reflector::Attempt> Reflector::follow() {
  if (!session_) {
    const std::chrono::seconds timeout = random_watch_timeout();
    ApiRequest request = watch_request(scope_, tracker_.resource_version(), timeout);
    Attempt failure = co_await open_watch(std::move(request), timeout);
    if (failure) {
      co_return failure;
    }
    metrics_.outcome({});
  }
  for (;;) {
    Attempt failure = take_frames(false);
    metrics_.state(tracker_.size(), tracker_.resource_version());
    if (failure) {
      co_return failure;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(session_->deadline - clock_.now());
    if (left <= std::chrono::milliseconds::zero()) {
      co_return std::nullopt;
    }
    bool ended = false;
    failure = co_await take_chunk(std::min(left, options_.silence_timeout), ended);
    if (failure || ended) {
      co_return failure;
    }
  }
}

asio::awaitable<Reflector::Attempt> Reflector::open_watch(ApiRequest request, std::chrono::seconds timeout) {
  metrics_.watch_begun(listed_ && std::exchange(watched_, true));
  const SteadyTime begun = clock_.now();
  Encoding encoding = Encoding::kJson;
  Attempt failure = co_await open(std::move(request), encoding);
  if (failure) {
    const bool refused = tracker_.listing() && failure->kind == Failure::Kind::kRelist;
    if (refused && refuses_watch_list(std::atoi(failure->code.c_str()))) {
      failure->kind = Failure::Kind::kNotOffered;
    }
    co_return failure;
  }
  metrics_.watch_opened();
  session_ = std::make_unique<Session>(encoding);
  session_->begun = begun;
  session_->last_initial = clock_.now();
  session_->deadline = clock_.now() + timeout + kGrace;
  co_return std::nullopt;
}

asio::awaitable<Reflector::Attempt> Reflector::take_chunk(std::chrono::milliseconds idle, bool& ended) {
  co_await yield();
  auto chunk = co_await read(idle);
  if (interrupted()) {
    co_return Failure::interrupted();
  }
  if (!chunk) {
    co_return failure_of(chunk.error());
  }
  if (!chunk->empty()) {
    session_->frames.feed(*chunk);
    co_return std::nullopt;
  }
  ended = true;
  if (auto finished = session_->frames.finish(); !finished) {
    co_return failure_of(finished.error());
  }
  co_return std::nullopt;
}

// Takes what is complete; with `until_listed` no more than the end of the initial events, because what comes
// after is a watch's, not a list's.
Reflector::Attempt Reflector::take_frames(bool until_listed) {
  try {
    while (!until_listed || tracker_.listing()) {
      auto frame = session_->frames.next();
      if (!frame) {
        Failure failure = failure_of(frame.error());
        failure.kind = Failure::Kind::kRelist;
        return failure;
      }
      if (!*frame) {
        break;
      }
      if (auto failure = take_frame(**frame)) {
        return failure;
      }
    }
    return std::nullopt;
  } catch (const std::exception& exception) {
    trust_ = ObjectTracker::Trust::kAnything;  // nobody knows what the subscribers have seen
    return Failure(Failure::Kind::kRelist, "internal", exception.what());
  }
}

Reflector::Attempt Reflector::take_frame(const WatchFrame& frame) {
  const SteadyTime now = clock_.now();
  metrics_.event(frame.type, now);
  ++session_->events;
  switch (frame.type) {
    case WatchEventType::kError: {
      const auto status = decode_api_status(session_->encoding, frame.object);
      return status ? failure_of(*status, std::nullopt) : failure_of(status.error());
    }
    case WatchEventType::kBookmark:
      return take_bookmark(frame);
    case WatchEventType::kAdded:
      session_->last_initial = now;
      return take_event(frame);
    case WatchEventType::kModified:
    case WatchEventType::kDeleted:
      return take_event(frame);
  }
  return std::nullopt;
}

Reflector::Attempt Reflector::take_bookmark(const WatchFrame& frame) {
  PartialObject bookmark;
  if (auto decoded = session_->decoder.decode(frame.object, bookmark); !decoded) {
    return failure_of(decoded.error());
  }
  const std::string_view version = bookmark.metadata.resource_version;
  if (!tracker_.listing()) {
    if (tracker_.progress(version)) return std::nullopt;
    return Failure(Failure::Kind::kRelist, "order", "a bookmark is older than an event before it");
  }
  if (!is_initial_events_end(bookmark.metadata)) {
    return Failure(Failure::Kind::kNotOffered, "watch_list",
                   "a bookmark came before the end of the initial events");
  }
  if (version.empty()) {
    return Failure(Failure::Kind::kNotOffered, "watch_list", "the end of the initial events has no version");
  }
  if (!tracker_.end_list(version)) {
    return Failure(Failure::Kind::kContradiction, "order", "the list is older than what is known");
  }
  return std::nullopt;
}

Reflector::Attempt Reflector::take_event(const WatchFrame& frame) {
  if (!frame.kind.empty() && frame.kind != scope_.resource.kind) {
    return Failure(Failure::Kind::kRelist, "decode",
                   "an event is about a " + std::string(frame.kind.substr(0, 100)));
  }
  ObjectIdentity identity;
  auto decoded = session_->decoder.decode(frame.object, identity);
  if (frame.type == WatchEventType::kDeleted) {
    if (!decoded || identity.metadata.name.empty()) {
      return Failure(Failure::Kind::kRelist, "decode", "an object was deleted that cannot be told");
    }
    if (!tracker_.erase(identity.metadata)) {
      return Failure(Failure::Kind::kRelist, "order", "an event is older than one before it");
    }
    return std::nullopt;
  }
  if (!decoded || identity.metadata.name.empty()) {
    count_undecodable(decoded ? Error{ErrorCode::kInvalid, "it has no name"} : decoded.error());
    return std::nullopt;
  }
  return take_object(session_->decoder, frame.object, identity.metadata,
                     frame.type == WatchEventType::kAdded);
}

asio::awaitable<void> Reflector::after_watch(Attempt failure) {
  const SteadyTime now = clock_.now();
  const bool lived = session_ != nullptr && now - session_->begun >= kShortWatch;
  const bool brought = session_ != nullptr && session_->events != 0;
  close();
  Duration delay{};
  if (failure) {
    report(FeedMetrics::Phase::kWatch, *failure);
    const bool expired = failure->kind == Failure::Kind::kExpired;
    const bool answered = failure->code.starts_with('5');
    failed_watches_ = answered ? failed_watches_ + 1 : failed_watches_;
    silent_watches_ = failure->code == "timeout" && lived && !brought ? silent_watches_ + 1 : 0;
    listed_ = !expired && failure->kind != Failure::Kind::kRelist && failed_watches_ < kMaxFailedWatches &&
              silent_watches_ < kMaxSilentWatches;
    const bool cut = failure->code == "connection" || failure->code == "timeout";
    const bool at_once = (cut && lived) || (expired && now - last_listed_ >= kRecentList);
    delay = at_once ? Duration::zero() : backoff_.next(now);
    delay = std::max(delay, failure->retry_after);
  } else if (!lived) {
    delay = brought ? Duration(kShortWatch) : backoff_.next(now);
  } else {
    failed_watches_ = 0;
    silent_watches_ = 0;
  }
  if (delay != Duration::zero()) {
    co_await pause(delay);
  }
}

}  // namespace kubevitals::kube
