// An API server for tests: answers are written down beforehand or computed, and arrive by a virtual clock.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/virtual_clock.h"
#include "kube/api_transport.h"
#include "kube/encoding.h"
#include "kube/feed_subscriber.h"
#include "kube/objects/namespace.h"

namespace kubevitals::kube::fake {

// A Namespace, which is as good as any kind. Everything is text, so that it can be wrong.
struct Object {
  std::string name;
  std::string uid;
  std::string version;
  std::string phase = "Active";
  friend bool operator==(const Object&, const Object&) = default;
};

// Bodies and frames as the API server sends them.
class Wire final {
 public:
  explicit Wire(Encoding encoding) : encoding_(encoding) {}
  std::string list(const std::vector<Object>& objects, std::string_view version, std::string_view token = {},
                   std::string_view kind = "NamespaceList") const;
  std::string event(std::string_view type, const Object& object) const;
  std::string bookmark(std::string_view version, bool initial_events_end = false) const;
  std::string error(int code, std::string_view reason, std::string_view message, int retry_after = 0) const;
  // Well-formed around an object that cannot be decoded as a Namespace, but tells who it is.
  std::string spoilt_event(std::string_view type, const Object& object) const;
  std::string spoilt_list(const std::vector<Object>& objects, std::string_view spoilt,
                          std::string_view version) const;
  std::string content_type(bool watch) const;
  Encoding encoding() const { return encoding_; }

 private:
  std::string frame(std::string_view type, std::string_view kind, const std::string& object) const;
  std::string object(const Object& object, bool spoilt = false) const;

  Encoding encoding_;
};

// The body of a Status, in JSON.
std::string status_body(int code, std::string_view reason, std::string_view message);

// A body that arrives bit by bit. Belongs to one thread.
class Body final {
 public:
  explicit Body(VirtualClock& clock) : clock_(clock) {}
  void push(std::string bytes, Duration delay = {}) { add({kBytes, std::move(bytes), clock_.now() + delay}); }
  void end(Duration delay = {}) { add({kEnd, {}, clock_.now() + delay}); }
  void cut(Duration delay = {}) { add({kCut, {}, clock_.now() + delay}); }
  bool gone() const { return gone_; }  // nobody reads it any more

 private:
  friend class Stream;
  enum Kind { kBytes, kEnd, kCut };
  struct Piece {
    Kind kind;
    std::string bytes;
    SteadyTime at;
  };
  void add(Piece piece);

  VirtualClock& clock_;
  std::deque<Piece> pieces_;
  std::shared_ptr<asio::steady_timer> reader_;  // waits for more
  bool gone_ = false;
};

struct Response {
  int status = 200;
  net::Headers headers;
  std::shared_ptr<Body> body;
  std::optional<Error> error;  // instead of a response
  Duration delay{};
};

struct Request {
  ApiRequest request;
  SteadyTime at;
  std::string parameter(std::string_view name) const;
  bool is_watch() const { return parameter("watch") == "true"; }
  bool is_watch_list() const { return parameter("sendInitialEvents") == "true"; }
};

class Transport final : public ApiTransport {
 public:
  explicit Transport(VirtualClock& clock) : clock_(clock) {}

  // Answers in this order; when they are used up, `fallback` is asked, or else nothing ever comes.
  void then(Response response) { script_.push_back(std::move(response)); }
  std::function<Response(const Request&)> fallback;
  std::vector<Request> requests;
  std::vector<std::shared_ptr<Body>> bodies;  // of those that were answered

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(ApiRequest request) override;
  asio::awaitable<Result<net::HttpResponse>> send(ApiRequest request) override;

 private:
  VirtualClock& clock_;
  std::deque<Response> script_;
};

// Follows a feed and finds fault with every sequence that the feed promises not to give.
class Recorder final : public FeedSubscriber<Namespace> {
 public:
  void on_upsert(ObjectSlot slot, const Namespace& object) override;
  void on_delete(ObjectSlot slot) override;
  void on_synced() override;

  // What it knows, by name.
  std::map<std::string, Object> objects() const;
  // "+a@1" an upsert of a in version 1, "-a" a delete, "synced"; taken.
  std::vector<std::string> take_log() { return std::exchange(log, {}); }

  std::vector<std::string> log;
  std::vector<std::string> faults;
  int synced = 0;
  bool ordered = true;  // versions are numbers that go up
  std::function<void()> before_call;

 private:
  std::map<ObjectSlot, Object> by_slot_;
  std::map<std::string, bool> uids_;  // false: deleted
};

}  // namespace kubevitals::kube::fake
