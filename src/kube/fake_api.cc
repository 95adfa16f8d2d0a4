#include "kube/fake_api.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "kube/envelope.h"

namespace kubevitals::kube::fake {
namespace {

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>((value & 0x7f) | 0x80));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string field(int number, std::string_view bytes) {
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

std::string enveloped(std::string_view kind, std::string_view message) {
  const std::string type = field(1, "v1") + field(2, kind);
  return std::string(kProtobufMagic) + field(1, type) + field(2, message);
}

std::string quote(std::string_view text) {
  return '"' + std::string(text) + '"';
}

constexpr std::string_view kInitialEventsEnd = "k8s.io/initial-events-end";

}  // namespace

std::string Wire::object(const Object& object, bool spoilt) const {
  if (encoding_ == Encoding::kProtobuf) {
    const std::string metadata = field(1, object.name) + field(5, object.uid) + field(6, object.version);
    // A phase that is a number is a known field of another wire type.
    const std::string status = spoilt ? varint(1 << 3 | 0) + varint(7) : field(1, object.phase);
    return field(1, metadata) + field(3, status);
  }
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":)" + quote(object.name) +
         ",\"uid\":" + quote(object.uid) + ",\"resourceVersion\":" + quote(object.version) +
         "},\"status\":{\"phase\":" + (spoilt ? "7" : quote(object.phase)) + "}}";
}

std::string Wire::list(const std::vector<Object>& objects, std::string_view version, std::string_view token,
                       std::string_view kind) const {
  if (encoding_ == Encoding::kProtobuf) {
    std::string message = field(1, field(2, version) + (token.empty() ? "" : field(3, token)));
    for (const Object& item : objects) {
      message += field(2, object(item, item.phase == "spoilt"));
    }
    return enveloped(kind, message);
  }
  std::string body = "{\"kind\":" + quote(kind) + R"(,"apiVersion":"v1","metadata":{"resourceVersion":)" +
                     quote(version) + ",\"continue\":" + quote(token) + "},\"items\":[";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    body += (i == 0 ? "" : ",") + object(objects[i], objects[i].phase == "spoilt");
  }
  return body + "]}\n";
}

std::string Wire::spoilt_list(const std::vector<Object>& objects, std::string_view spoilt,
                              std::string_view version) const {
  std::vector<Object> copies = objects;
  for (Object& copy : copies) {
    copy.phase = copy.name == spoilt ? "spoilt" : copy.phase;
  }
  return list(copies, version);
}

std::string Wire::frame(std::string_view type, std::string_view kind, const std::string& object) const {
  if (encoding_ == Encoding::kProtobuf) {
    const std::string event = field(1, type) + field(2, field(1, enveloped(kind, object)));
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(event.size() >> shift));
    }
    return bytes + event;
  }
  return "{\"type\":" + quote(type) + ",\"object\":" + object + "}\n";
}

std::string Wire::event(std::string_view type, const Object& changed) const {
  return frame(type, "Namespace", object(changed));
}

std::string Wire::spoilt_event(std::string_view type, const Object& changed) const {
  return frame(type, "Namespace", object(changed, true));
}

std::string Wire::bookmark(std::string_view version, bool initial_events_end) const {
  if (encoding_ == Encoding::kProtobuf) {
    std::string metadata = field(6, version);
    if (initial_events_end) {
      metadata += field(12, field(1, kInitialEventsEnd) + field(2, "true"));
    }
    return frame("BOOKMARK", "Namespace", field(1, metadata));
  }
  std::string object =
      R"({"kind":"Namespace","apiVersion":"v1","metadata":{"resourceVersion":)" + quote(version);
  if (initial_events_end) {
    object += ",\"annotations\":{" + quote(kInitialEventsEnd) + ":\"true\"}";
  }
  return frame("BOOKMARK", "Namespace", object + "}}");
}

std::string Wire::error(int code, std::string_view reason, std::string_view message, int retry_after) const {
  if (encoding_ == Encoding::kProtobuf) {
    std::string status = field(2, "Failure") + field(3, message) + field(4, reason);
    if (retry_after != 0) {
      status += field(5, varint(5 << 3) + varint(static_cast<std::uint64_t>(retry_after)));
    }
    status += varint(6 << 3) + varint(static_cast<std::uint64_t>(code));
    return frame("ERROR", "Status", status);
  }
  std::string status = R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":)" +
                       quote(message) + ",\"reason\":" + quote(reason) + ",\"code\":" + std::to_string(code);
  if (retry_after != 0) {
    status += ",\"details\":{\"retryAfterSeconds\":" + std::to_string(retry_after) + "}";
  }
  return frame("ERROR", "Status", status + "}");
}

std::string Wire::content_type(bool watch) const {
  if (encoding_ == Encoding::kProtobuf) {
    return watch ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/vnd.kubernetes.protobuf";
  }
  return "application/json";
}

std::string status_body(int code, std::string_view reason, std::string_view message) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)" +
         quote(message) + ",\"reason\":" + quote(reason) + ",\"code\":" + std::to_string(code) + "}\n";
}

void Body::add(Piece piece) {
  // Bytes do not overtake each other.
  if (!pieces_.empty()) {
    piece.at = std::max(piece.at, pieces_.back().at);
  }
  pieces_.push_back(std::move(piece));
  if (reader_) {
    reader_->cancel();
  }
}

class Stream final : public net::HttpStream {
 public:
  Stream(Response response, VirtualClock& clock)
      : status_(response.status),
        headers_(std::move(response.headers)),
        body_(std::move(response.body)),
        clock_(clock) {}
  ~Stream() override { body_->gone_ = true; }

  int status() const override { return status_; }
  const net::Headers& headers() const override { return headers_; }
  std::uint64_t wire_bytes() const override { return bytes_; }

  void cancel() override {
    cancelled_ = true;
    if (body_->reader_) {
      body_->reader_->cancel();
    }
  }

  asio::awaitable<Result<std::string>> read_some(std::chrono::milliseconds idle_timeout) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto executor = co_await asio::this_coro::executor;
    const SteadyTime give_up = idle_timeout.count() == 0 ? SteadyTime::max() : clock_.now() + idle_timeout;
    for (;;) {
      const auto state = co_await asio::this_coro::cancellation_state;
      if (cancelled_ || state.cancelled() != asio::cancellation_type::none) {
        co_return Error{ErrorCode::kCancelled, "cancelled"};
      }
      SteadyTime wake = give_up;
      if (!body_->pieces_.empty()) {
        if (body_->pieces_.front().at <= clock_.now()) {
          co_return take();
        }
        wake = std::min(wake, body_->pieces_.front().at);
      }
      if (clock_.now() >= give_up) {
        co_return Error{ErrorCode::kTimeout, "nothing came"};
      }
      const auto timer =
          std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
      body_->reader_ = timer;
      if (wake != SteadyTime::max()) {
        clock_.at(wake, [weak = std::weak_ptr(timer)] {
          if (const auto waiting = weak.lock()) {
            waiting->cancel();
          }
        });
      }
      boost::system::error_code error;
      co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
      body_->reader_.reset();
    }
  }

 private:
  Result<std::string> take() {
    Body::Piece& piece = body_->pieces_.front();
    if (piece.kind == Body::kEnd) {
      return std::string();
    }
    if (piece.kind == Body::kCut) {
      return Error{ErrorCode::kUnavailable, "connection reset"};
    }
    std::string bytes = std::move(piece.bytes);
    body_->pieces_.pop_front();
    bytes_ += bytes.size();
    return bytes;
  }

  int status_;
  net::Headers headers_;
  std::shared_ptr<Body> body_;
  VirtualClock& clock_;
  std::uint64_t bytes_ = 0;
  bool cancelled_ = false;
};

std::string Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : request.query) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> Transport::open(ApiRequest request) {
  requests.push_back({std::move(request), clock_.now()});
  Response response;
  if (!script_.empty()) {
    response = std::move(script_.front());
    script_.pop_front();
  } else if (fallback) {
    response = fallback(requests.back());
  } else {
    response.delay = std::chrono::hours(1000);
  }
  if (response.delay != Duration::zero()) {
    const bool waited = co_await clock_.sleep_for(response.delay);
    if (!waited) {
      co_return Error{ErrorCode::kCancelled, "cancelled"};
    }
  }
  if (response.error) {
    co_return *response.error;
  }
  if (!response.body) {
    response.body = std::make_shared<Body>(clock_);
  }
  bodies.push_back(response.body);
  std::unique_ptr<net::HttpStream> stream = std::make_unique<Stream>(std::move(response), clock_);
  co_return stream;
}

asio::awaitable<Result<net::HttpResponse>> Transport::send(ApiRequest) {
  co_return Error{ErrorCode::kUnsupported, "not here"};
}

void Recorder::on_upsert(ObjectSlot slot, const Namespace& object) {
  if (before_call) {
    before_call();
  }
  const ObjectMeta& meta = object.metadata;
  const Object seen{std::string(meta.name), std::string(meta.uid), std::string(meta.resource_version),
                    std::string(object.status.phase)};
  log.push_back("+" + seen.name + "@" + seen.version);
  for (const auto& [other, known] : by_slot_) {
    if (other != slot && known.name == seen.name) {
      faults.push_back(seen.name + " is there twice");
    }
  }
  const auto known = by_slot_.find(slot);
  const auto uid = uids_.find(seen.uid);
  if (known == by_slot_.end() && uid != uids_.end()) {
    faults.push_back(seen.name + (uid->second ? " has a second slot" : " came back from the dead"));
  }
  if (known != by_slot_.end() && known->second.uid != seen.uid) {
    faults.push_back(seen.name + " took the slot of a living object");
  }
  if (ordered && known != by_slot_.end() && std::stoull(known->second.version) > std::stoull(seen.version)) {
    faults.push_back(seen.name + " went back to an older state");
  }
  uids_[seen.uid] = true;
  by_slot_[slot] = seen;
}

void Recorder::on_delete(ObjectSlot slot) {
  if (before_call) {
    before_call();
  }
  const auto known = by_slot_.find(slot);
  if (known == by_slot_.end()) {
    faults.push_back("an unknown object was deleted");
    return;
  }
  log.push_back("-" + known->second.name);
  uids_[known->second.uid] = false;
  by_slot_.erase(known);
}

void Recorder::on_synced() {
  if (before_call) {
    before_call();
  }
  ++synced;
  log.push_back("synced");
}

std::map<std::string, Object> Recorder::objects() const {
  std::map<std::string, Object> all;
  for (const auto& [slot, object] : by_slot_) {
    all[object.name] = object;
  }
  return all;
}

}  // namespace kubevitals::kube::fake
