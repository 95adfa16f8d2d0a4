// Follows one scope of the API server: lists, watches, and begins again where it has to.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "kube/api_transport.h"
#include "kube/backoff.h"
#include "kube/feed.h"
#include "kube/feed_metrics.h"
#include "kube/feeds.h"
#include "kube/list_stream.h"
#include "kube/object_decoder.h"
#include "kube/object_tracker.h"
#include "kube/watch_request.h"
#include "kube/watch_stream.h"

namespace kubevitals::kube {

// The loop behind a feed. It asks for a streaming list and falls back to pages where that is not offered,
// then watches; a watch that ends or is cut goes on from the last complete event, one that cannot go on is
// replaced by a list. What is read is handed on before more is read, so that a slow subscriber slows the
// server down. The object tracker keeps the promise to the subscribers; this class only sees to it that the
// server is heard, and asked no more often than is decent.
//
// Everything happens on one strand of the workers; start(), stop(), members().add(), welcome() and stats()
// may be called from any thread. Held by shared_ptr; the loop keeps it alive.
class Reflector final : public std::enable_shared_from_this<Reflector> {
 public:
  // `transport` and `clock` must live until the loop has ended.
  Reflector(asio::any_io_executor workers, ApiTransport& transport, Clock& clock, WatchScope scope,
            FeedOptions options, std::uint64_t seed, std::unique_ptr<DecodedObject> object);
  ~Reflector();

  // Begins; `done` is called on the strand when the loop has ended, which is only after stop(). Once.
  void start(std::function<void()> done);
  // Ends the loop soon, wherever it is.
  void stop();
  // To be called after a member was added to a running feed: it gets its list.
  void welcome();

  FeedMembers& members() { return members_; }
  FeedStats stats() const { return metrics_.get(); }

 private:
  using Attempt = std::optional<Failure>;  // nullopt: it went well

  // A watch that is open.
  struct Session {
    explicit Session(Encoding agreed) : frames(agreed), decoder(agreed), encoding(agreed) {}
    WatchStream frames;
    ObjectDecoder decoder;
    Encoding encoding;
    SteadyTime begun;
    SteadyTime deadline;  // the server should have ended it before
    std::uint64_t events = 0;
    SteadyTime last_initial;  // when the last initial event came
  };

  asio::awaitable<void> run();

  // reflector_list.cc
  asio::awaitable<void> list();
  asio::awaitable<Attempt> stream_list();
  asio::awaitable<Attempt> page_list();
  asio::awaitable<Attempt> read_page(ApiRequest request, ListEnd& end);
  Attempt take_items(ListStream& items, ObjectDecoder& decoder);
  Attempt check_page(const ListEnd& end, const ListEnd& previous) const;
  asio::awaitable<void> after_failed_list(Failure failure, bool streaming);
  std::string list_version(bool streaming) const;
  bool streaming_offered() const;

  // reflector_watch.cc
  asio::awaitable<void> watch();
  asio::awaitable<Attempt> follow();
  asio::awaitable<Attempt> open_watch(ApiRequest request, std::chrono::seconds timeout);
  asio::awaitable<Attempt> take_chunk(std::chrono::milliseconds idle, bool& ended);
  Attempt take_frames(bool until_listed);
  Attempt take_frame(const WatchFrame& frame);
  Attempt take_bookmark(const WatchFrame& frame);
  Attempt take_event(const WatchFrame& frame);
  asio::awaitable<void> after_watch(Attempt failure);
  std::chrono::seconds random_watch_timeout();

  // reflector.cc
  Attempt take_object(ObjectDecoder& decoder, std::string_view bytes, const IdentityMeta& identity,
                      bool added);
  void count_undecodable(const Error& error);
  // Opens stream_ and sets its encoding.
  asio::awaitable<Attempt> open(ApiRequest request, Encoding& encoding);
  asio::awaitable<Failure> read_refusal();
  asio::awaitable<Result<std::string>> read(std::chrono::milliseconds idle);
  asio::awaitable<bool> pause(Duration duration);
  asio::awaitable<void> yield();
  void close();
  void report(FeedMetrics::Phase phase, const Failure& failure);
  bool interrupted() const { return stopping_ || relist_wanted_; }

  // Constant after construction.
  const asio::strand<asio::any_io_executor> strand_;
  ApiTransport& transport_;
  Clock& clock_;
  const WatchScope scope_;
  const FeedOptions options_;

  // With their own synchronisation.
  FeedMembers members_;
  FeedMetrics metrics_;
  std::atomic<bool> stopping_ = false;

  // On the strand.
  asio::cancellation_signal cancel_;
  ObjectTracker tracker_;
  std::unique_ptr<DecodedObject> object_;
  Backoff backoff_;
  std::mt19937_64 random_;
  std::unique_ptr<net::HttpStream> stream_;
  std::uint64_t counted_bytes_ = 0;  // of stream_
  std::unique_ptr<Session> session_;
  bool listed_ = false;         // a watch can go on from tracker_.resource_version()
  bool relist_wanted_ = false;  // by a new member
  bool watched_ = false;        // since the list
  ObjectTracker::Trust trust_ = ObjectTracker::Trust::kOrdered;
  SteadyTime last_listed_{};
  SteadyTime streaming_again_{};      // not to be tried before
  bool page_next_ = false;            // the next list is not a streaming one
  std::uint32_t failed_streams_ = 0;  // streaming lists that broke off, in a row
  std::uint32_t expired_lists_ = 0;   // paged lists that did, in a row
  bool consistent_ = false;           // the API server's cache was no use
  std::uint32_t failed_watches_ = 0;  // with 5xx, in a row
  std::uint32_t silent_watches_ = 0;  // not even a bookmark came, in a row
  std::string last_log_;
  SteadyTime last_log_time_{};
  SteadyTime last_object_log_{};
};

}  // namespace kubevitals::kube
