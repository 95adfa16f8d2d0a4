// How a reflector comes by all objects: as the beginning of a watch, or page by page.
#include <algorithm>
#include <exception>
#include <utility>

#include "kube/reflector.h"

namespace kubevitals::kube {
namespace {

// A server that has said that it does no streaming lists is asked again after this time: it may be a new one.
constexpr std::chrono::minutes kAskAgain{30};
// The end of the initial events is waited for so long after the last of them. A server that does not know the
// parameter sends the objects, too, but never says that this was all.
constexpr std::chrono::seconds kInitialEventsPatience{10};
// A streaming list that broke off so often in a row gives way to a paged one.
constexpr std::uint32_t kMaxFailedStreams = 3;
// How long the body of a LIST may stand still.
constexpr std::chrono::seconds kListSilence{60};

}  // namespace

asio::awaitable<void> Reflector::list() {
  const bool streaming = streaming_offered();
  metrics_.list_begun();
  tracker_.begin_list(trust_);
  Attempt failure;
  if (streaming) {
    failure = co_await stream_list();
  } else {
    failure = co_await page_list();
  }
  if (failure) {
    co_await after_failed_list(*std::move(failure), streaming);
    co_return;
  }
  listed_ = true;
  watched_ = streaming;
  trust_ = ObjectTracker::Trust::kOrdered;
  page_next_ = false;
  consistent_ = false;
  failed_streams_ = 0;
  expired_lists_ = 0;
  failed_watches_ = 0;
  silent_watches_ = 0;
  last_listed_ = clock_.now();
  metrics_.synced();
  metrics_.outcome({});
  metrics_.state(tracker_.size(), tracker_.resource_version());
}

bool Reflector::streaming_offered() const {
  // Where what is known does not help any more, only a paged list is sure to show one state.
  const bool exact = consistent_ || trust_ == ObjectTracker::Trust::kAnything;
  return options_.watch_list && !exact && !page_next_ && clock_.now() >= streaming_again_;
}

// Empty for a consistent read. A list that may come from an API server's cache must ask for nothing older
// than what is known, because that cache may be behind. Streaming lists always come from there: even a
// consistent one begins with the cache as it is, and only ends with the latest state.
std::string Reflector::list_version(bool streaming) const {
  const bool exact = consistent_ || trust_ == ObjectTracker::Trust::kAnything;
  if (exact || (!streaming && !options_.use_apiserver_cache)) {
    return {};
  }
  if (tracker_.newest_version() != 0) {
    return std::to_string(tracker_.newest_version());
  }
  return options_.use_apiserver_cache ? "0" : "";
}

asio::awaitable<void> Reflector::after_failed_list(Failure failure, bool streaming) {
  close();
  page_next_ = false;
  metrics_.state(tracker_.size(), tracker_.resource_version());
  const SteadyTime now = clock_.now();
  switch (failure.kind) {
    case Failure::Kind::kInterrupted:
      co_return;
    case Failure::Kind::kNotOffered:
      metrics_.error(FeedMetrics::Phase::kList, failure.code);  // no trouble, thus not reported
      page_next_ = true;
      if (failure.code != "404") {  // there the resource may be what is missing
        streaming_again_ = now + kAskAgain;
      }
      co_return;
    case Failure::Kind::kContradiction:
      report(FeedMetrics::Phase::kList, failure);
      trust_ = ObjectTracker::Trust::kAnything;
      co_return;
    case Failure::Kind::kExpired:
      consistent_ = true;
      if (!streaming && ++expired_lists_ <= 2) {
        report(FeedMetrics::Phase::kList, failure);
        page_next_ = true;
        co_return;
      }
      break;
    case Failure::Kind::kRetry:
    case Failure::Kind::kRelist:
      break;
  }
  report(FeedMetrics::Phase::kList, failure);
  failed_streams_ = streaming ? failed_streams_ + 1 : 0;
  page_next_ = failed_streams_ >= kMaxFailedStreams || expired_lists_ != 0;
  const Duration delay = std::max(backoff_.next(now), failure.retry_after);
  co_await pause(delay);
}

asio::awaitable<Reflector::Attempt> Reflector::stream_list() {
  const std::chrono::seconds timeout = random_watch_timeout();
  ApiRequest request = watch_list_request(scope_, list_version(true), timeout);
  Attempt failure = co_await open_watch(std::move(request), timeout);
  while (!failure) {
    failure = take_frames(true);
    if (failure || !tracker_.listing()) {
      break;
    }
    bool ended = false;
    failure = co_await take_chunk(kInitialEventsPatience, ended);
    const bool silent = failure && failure->code == "timeout";
    const bool endless = !failure && clock_.now() - session_->last_initial > 3 * kInitialEventsPatience;
    if (silent || endless) {
      co_return Failure(Failure::Kind::kNotOffered, "timeout", "the end of the initial events did not come");
    }
    if (ended) {
      failure = Failure(Failure::Kind::kRetry, "connection", "the watch ended before its initial events did");
    }
  }
  co_return failure;
}

asio::awaitable<Reflector::Attempt> Reflector::page_list() {
  // A server whose tokens expire before the next page is asked for is asked for everything at once.
  const std::uint32_t limit = expired_lists_ >= 2 ? 0 : options_.page_size;
  const std::string version = list_version(false);
  ListEnd previous;
  do {
    // With a version and a limit the API server would bypass its cache.
    const std::uint32_t page = version.empty() || version == "0" ? limit : 0;
    ApiRequest request = list_request(scope_, version, page, previous.continue_token);
    ListEnd end;
    Attempt failure = co_await read_page(std::move(request), end);
    if (!failure) {
      failure = check_page(end, previous);
    }
    if (failure) {
      co_return failure;
    }
    previous = std::move(end);
  } while (!previous.continue_token.empty());
  if (!tracker_.end_list(previous.resource_version)) {
    co_return Failure(Failure::Kind::kContradiction, "order", "the list is older than what is known");
  }
  co_return std::nullopt;
}

asio::awaitable<Reflector::Attempt> Reflector::read_page(ApiRequest request, ListEnd& end) {
  Encoding encoding = Encoding::kJson;
  Attempt failure = co_await open(std::move(request), encoding);
  if (failure) {
    co_return failure;
  }
  ListStream items(encoding);
  ObjectDecoder decoder(encoding);
  for (;;) {
    auto chunk = co_await read(kListSilence);
    if (interrupted()) {
      co_return Failure::interrupted();
    }
    if (!chunk) {
      co_return failure_of(chunk.error());
    }
    if (chunk->empty()) {
      break;
    }
    items.feed(*chunk);
    failure = take_items(items, decoder);
    if (failure) {
      co_return failure;
    }
    metrics_.state(tracker_.size(), tracker_.resource_version());
    co_await yield();
  }
  auto finished = items.finish();
  if (!finished) {
    co_return failure_of(finished.error());
  }
  end = *std::move(finished);
  co_return std::nullopt;
}

Reflector::Attempt Reflector::take_items(ListStream& items, ObjectDecoder& decoder) {
  try {
    for (;;) {
      auto item = items.next();
      if (!item) {
        return failure_of(item.error());
      }
      if (!*item) {
        return std::nullopt;
      }
      ObjectIdentity identity;
      const std::string_view bytes = **item;
      if (auto decoded = decoder.decode(bytes, identity); !decoded) {
        count_undecodable(decoded.error());
      }
      // What stands before the fault is there; it may be enough to know which object to keep.
      if (identity.metadata.name.empty()) {
        continue;
      }
      if (auto failure = take_object(decoder, bytes, identity.metadata, true)) {
        return failure;
      }
    }
  } catch (const std::exception& exception) {
    trust_ = ObjectTracker::Trust::kAnything;  // nobody knows what the subscribers have seen
    return Failure(Failure::Kind::kRelist, "internal", exception.what());
  }
}

Reflector::Attempt Reflector::check_page(const ListEnd& end, const ListEnd& previous) const {
  if (end.status) {
    return failure_of(*end.status, std::nullopt);
  }
  const auto wrong = [](std::string message) {
    return Failure(Failure::Kind::kRetry, "decode", std::move(message));
  };
  if (!end.kind.empty() && end.kind != std::string(scope_.resource.kind).append("List")) {
    return wrong("the response is not a list of these: " + end.kind.substr(0, 100));
  }
  if (end.resource_version.empty()) {
    return wrong("the list has no resourceVersion");
  }
  if (!previous.continue_token.empty() && end.resource_version != previous.resource_version) {
    return Failure(Failure::Kind::kExpired, "410", "the list's pages are from different times");
  }
  if (!end.continue_token.empty() && end.continue_token == previous.continue_token) {
    return wrong("the list's pages do not end");
  }
  return std::nullopt;
}

}  // namespace kubevitals::kube
