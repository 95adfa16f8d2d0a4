// The watch cache: one reflector for each (resource, namespace, selectors), shared by all that follow it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "kube/api_transport.h"
#include "kube/feed.h"
#include "kube/feed_subscriber.h"
#include "kube/resource_type.h"

namespace kubevitals::kube {

// Which objects a feed is about.
struct WatchScope {
  ResourceType resource;
  std::string namespace_;  // empty: all
  std::string label_selector;
  std::string field_selector;
  friend bool operator==(const WatchScope&, const WatchScope&) = default;
};

struct FeedOptions {
  bool use_apiserver_cache = false;  // lists with resourceVersion=0, as KSM's flag of this name
  bool watch_list = true;            // try a streaming list (sendInitialEvents) first
  std::uint32_t page_size = 500;     // of a paged list
  // A watch that brings nothing, not even a bookmark, for this long is made anew from where it was.
  std::chrono::milliseconds silence_timeout{150'000};
  std::chrono::milliseconds backoff_initial{800};
  std::chrono::milliseconds backoff_max{30'000};
};

// What a feed did so far; a copy. Counters start at zero with the feed.
struct FeedStats {
  WatchScope scope;
  bool synced = false;  // the initial list was complete once
  std::uint64_t objects = 0;
  std::uint64_t lists = 0;           // begun, streaming ones included
  std::uint64_t lists_complete = 0;  // that brought everything
  std::uint64_t watches = 0;         // begun
  std::uint64_t watches_open = 0;    // that the server agreed to
  std::uint64_t reconnects = 0;
  std::uint64_t bytes = 0;  // received on the wire
  std::map<std::string, std::uint64_t>
      list_errors;  // by code: "410", "429", "timeout", "connection", "decode", ...
  std::map<std::string, std::uint64_t> watch_errors;
  std::map<std::string, std::uint64_t> events;  // by type: "added", "modified", "deleted", "bookmark"
  std::optional<SteadyTime> last_event;         // when the last event of any kind came
  std::optional<SteadyTime> last_bookmark;
  std::string resource_version;  // the last one seen
  std::string last_error;        // empty when the last attempt went well
};

// Ends following when destroyed: no call reaches the subscriber after the destructor has returned, unless
// that was called from within the subscriber itself. From any thread, before or after the feeds have ended.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Thread-safe. Each feed runs on a strand of `workers`.
class Feeds {
 public:
  // `transport` and `clock` outlive the feeds; `random_seed` drives all jitter.
  Feeds(asio::any_io_executor workers, ApiTransport& transport, Clock& clock, FeedOptions options,
        std::uint64_t random_seed);
  ~Feeds();

  // Follows a scope; the reflector starts with its first subscriber and ends with its last. A later
  // subscriber of a running feed causes a relist, in which the others see only what has changed. One type T
  // per resource; a second one would have a reflector of its own. After stop() nothing is followed any more.
  template <typename T>
  std::unique_ptr<Subscription> subscribe(const WatchScope& scope,
                                          std::shared_ptr<FeedSubscriber<T>> subscriber) {
    const auto make_object = []() -> std::unique_ptr<DecodedObject> {
      return std::make_unique<TypedObject<T>>();
    };
    return follow(scope, typeid(T), make_object, std::make_shared<TypedMember<T>>(std::move(subscriber)));
  }

  std::vector<FeedStats> stats() const;

  // Ends all reflectors; nothing runs afterwards. To be awaited before the feeds, their transport or their
  // workers end: the destructor only asks the reflectors to end, and cannot wait for that.
  asio::awaitable<void> stop();

 private:
  class Impl;
  class Following;

  std::unique_ptr<Subscription> follow(const WatchScope& scope, std::type_index type,
                                       std::unique_ptr<DecodedObject> (*make_object)(),
                                       std::shared_ptr<FeedMember> member);

  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::kube
