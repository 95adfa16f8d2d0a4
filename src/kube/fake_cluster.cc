#include "kube/fake_cluster.h"

#include <algorithm>

namespace kubevitals::kube::fake {

using namespace std::chrono_literals;

Cluster::Cluster(VirtualClock& clock, std::uint64_t seed)
    : clock_(clock),
      random_(seed),
      wire_(chance(0.5) ? Encoding::kJson : Encoding::kProtobuf),
      streaming_(static_cast<StreamingLists>(pick(3))) {
  for (std::uint64_t i = pick(12); i > 0; --i) {
    change();
  }
}

void Cluster::change() {
  const std::string name = "n" + std::to_string(pick(8));
  const auto known = objects_.find(name);
  Event event{"ADDED", {}, ++version_};
  if (known == objects_.end()) {
    event.object = {name, "u" + std::to_string(next_uid_++), {}, {}};
  } else {
    event.object = known->second;
    event.type = chance(0.3) ? "DELETED" : "MODIFIED";
  }
  event.object.version = std::to_string(version_);
  event.object.phase = "p" + std::to_string(pick(1000));
  if (event.type == "DELETED") {
    objects_.erase(name);
  } else {
    objects_[name] = event.object;
  }
  history_.push_back(std::move(event));
  version_ += pick(3);  // other resources have the same versions
  if (chance(0.05)) {
    compacted_ = version_ - pick(std::min<std::uint64_t>(version_, 10));
  }
  for (Watch& watch : watches_) {
    if (!watch.stuck && (!faulty || chance(0.7))) {
      send_new_events(watch);
    }
  }
}

void Cluster::tick() {
  for (Watch& watch : watches_) {
    if (faulty && !watch.stuck && chance(0.15)) {
      disturb(watch);
    }
    if (watch.stuck) {
      continue;
    }
    send_new_events(watch);
    if (!faulty || chance(0.3)) {
      watch.body->push(wire_.bookmark(std::to_string(version_)));
    }
    if (clock_.now() >= watch.end) {
      watch.body->end();
      watch.stuck = true;
    }
  }
  std::erase_if(watches_, [](const Watch& watch) { return watch.body->gone(); });
}

void Cluster::send_new_events(Watch& watch) {
  std::vector<const Event*> events;
  for (const Event& event : history_) {
    if (event.version > watch.sent) {
      events.push_back(&event);
    }
  }
  watch.sent = version_;
  if (faulty && events.size() >= 2 && chance(0.1)) {
    const std::size_t at = pick(events.size() - 1);
    std::swap(events[at], events[at + 1]);
  }
  std::string bytes;
  for (const Event* event : events) {
    bytes += wire_.event(event->type, event->object);
    if (faulty && chance(0.05)) {
      bytes += wire_.event(event->type, event->object);
    }
  }
  if (!bytes.empty()) {
    watch.body->push(bytes);
  }
}

void Cluster::disturb(Watch& watch) {
  const std::string event =
      history_.empty() ? wire_.bookmark("1") : wire_.event(history_.back().type, history_.back().object);
  switch (pick(9)) {
    case 0:
      watch.body->cut();
      watch.stuck = true;
      break;
    case 1:
      watch.body->push(event.substr(0, pick(event.size())));
      if (chance(0.5)) {
        watch.body->end();
      } else {
        watch.body->cut();
      }
      watch.stuck = true;
      break;
    case 2:
      watch.stuck = true;  // silence
      break;
    case 3:
      watch.body->push(spoil({}));
      break;
    case 4:
      watch.body->push(wire_.error(410, "Expired", "too old resource version"));
      break;
    case 5:
      watch.body->push(wire_.error(500, "InternalError", "etcdserver: leader changed"));
      break;
    case 6:
      watch.body->push(wire_.error(429, "TooManyRequests", "slow down", 1 + static_cast<int>(pick(20))));
      break;
    case 7:
    case 8:
      // Among objects in no order nobody can tell an old one from one that is there.
      if (!history_.empty() && !watch.unannounced) {
        const Event& old = history_[pick(history_.size())];
        if (old.version <= watch.sent) {
          watch.body->push(wire_.event(old.type, old.object));
        }
      }
      break;
  }
}

std::string Cluster::spoil(std::string bytes) {
  for (std::uint64_t i = 1 + pick(40); i > 0; --i) {
    bytes.push_back(static_cast<char>(pick(256)));
  }
  return bytes;
}

Response Cluster::refusal(int code, std::string_view reason, std::string_view message) {
  Response response;
  response.status = code;
  response.headers.add("Content-Type", "application/json");
  if (code == 429 && chance(0.5)) {
    response.headers.add("Retry-After", std::to_string(pick(30)));
  }
  response.body = std::make_shared<Body>(clock_);
  response.body->push(chance(0.8) ? status_body(code, reason, message) : "upstream error");
  response.body->end();
  return response;
}

std::optional<Response> Cluster::broken_answer(bool watch) {
  switch (pick(8)) {
    case 0:
      return refusal(500, "InternalError");
    case 1:
      return refusal(429, "TooManyRequests");
    case 2:
      return refusal(503, "ServiceUnavailable");
    case 3:
      return refusal(410, "Expired");
    case 4: {
      Response response;
      response.error = Error{ErrorCode::kUnavailable, "connection refused"};
      response.delay = pick(3) * 1s;
      return response;
    }
    case 5: {
      Response response;
      response.headers.add("Content-Type", "text/html");
      response.body = std::make_shared<Body>(clock_);
      response.body->push("<html>");
      return response;
    }
    case 6: {
      Response response;
      response.headers.add("Content-Type", wire_.content_type(watch));
      response.body = std::make_shared<Body>(clock_);
      response.body->push(spoil({}));
      if (chance(0.5)) {
        response.body->end();
      }
      return response;
    }
    default:
      return std::nullopt;
  }
}

Response Cluster::answer(const Request& request) {
  if (faulty && chance(0.25)) {
    if (auto broken = broken_answer(request.is_watch())) {
      return *std::move(broken);
    }
  }
  return request.is_watch() ? watch(request) : list(request);
}

std::map<std::string, Object> Cluster::snapshot(std::uint64_t version) const {
  std::map<std::string, Object> objects;
  for (const Event& event : history_) {
    if (event.version > version) {
      break;
    }
    if (event.type == "DELETED") {
      objects.erase(event.object.name);
    } else {
      objects[event.object.name] = event.object;
    }
  }
  return objects;
}

Response Cluster::list(const Request& request) {
  const std::string asked = request.parameter("resourceVersion");
  const std::string token = request.parameter("continue");
  std::uint64_t version = version_;
  std::string after;
  if (!token.empty()) {
    version = std::stoull(token);
    after = token.substr(token.find('/') + 1);
    if (version < compacted_ || (faulty && chance(0.1))) {
      return refusal(410, "Expired", "The provided continue parameter is too old");
    }
  } else if (asked == "0") {
    version -= std::min(version, pick(10));  // a cache that is behind
  } else if (!asked.empty()) {
    const std::uint64_t least = std::stoull(asked);
    if (least > version_ || (faulty && chance(0.1))) {
      return refusal(504, "Timeout", "Too large resource version: 1, current: 0");
    }
    version = least + pick(version_ - least + 1);
  }
  const auto objects = snapshot(version);
  const std::string limit_text = request.parameter("limit");
  const std::size_t limit = limit_text.empty() || asked == "0" ? 1000 : std::stoull(limit_text);
  std::vector<Object> page;
  auto object = objects.upper_bound(after);
  for (; object != objects.end() && page.size() < limit; ++object) {
    page.push_back(object->second);
  }
  const std::string next = object == objects.end() ? "" : std::to_string(version) + "/" + page.back().name;
  std::string bytes = wire_.list(page, std::to_string(version), next);

  Response response;
  response.headers.add("Content-Type", wire_.content_type(false));
  response.body = std::make_shared<Body>(clock_);
  const double trouble = faulty ? std::uniform_real_distribution<double>(0, 1)(random_) : 1;
  if (trouble < 0.2) {
    bytes.resize(pick(bytes.size()));
  }
  const std::size_t half = pick(bytes.size() + 1);
  response.body->push(bytes.substr(0, half));
  response.body->push(bytes.substr(half), pick(2000) * 1ms);
  if (trouble < 0.1) {
    response.body->cut();
  } else if (trouble >= 0.25) {
    response.body->end();
  }  // else it stands still
  return response;
}

Response Cluster::watch(const Request& request) {
  Response response;
  response.headers.add("Content-Type", wire_.content_type(true));
  response.body = std::make_shared<Body>(clock_);
  const std::string asked = request.parameter("resourceVersion");
  const std::uint64_t least = asked.empty() ? 0 : std::stoull(asked);
  const auto timeout = std::chrono::seconds(std::stoi(request.parameter("timeoutSeconds")));
  Watch watch{response.body, least, clock_.now() + timeout};
  if (least > version_) {
    return refusal(504, "Timeout", "Too large resource version: 1, current: 0");
  }
  if (request.is_watch_list()) {
    if (streaming_ == StreamingLists::kRefused) {
      return refusal(422, "Invalid", "sendInitialEvents is forbidden for watch");
    }
    // Without a version the read is consistent in the end; it may begin with an older state.
    watch.sent = std::max(least, version_ - std::min(version_, pick(5)));
    watch.unannounced = streaming_ == StreamingLists::kIgnored;
    send_initial_events(watch, watch.sent);
  } else if (least < compacted_) {
    if (chance(0.5)) {
      return refusal(410, "Expired", "too old resource version");
    }
    response.body->push(wire_.error(410, "Expired", "too old resource version"));
    response.body->end();
    return response;
  }
  watches_.push_back(watch);
  send_new_events(watches_.back());
  return response;
}

void Cluster::send_initial_events(Watch& watch, std::uint64_t version) {
  std::vector<Object> objects;
  for (const auto& [name, object] : snapshot(version)) {
    objects.push_back(object);
    if (faulty && chance(0.05)) {
      objects.push_back(object);
    }
  }
  std::shuffle(objects.begin(), objects.end(), random_);
  for (const Object& object : objects) {
    watch.body->push(wire_.event("ADDED", object), pick(3) * 100ms);
  }
  if (faulty && chance(0.1)) {
    watch.body->cut();
  }
  if (!watch.unannounced) {
    send_new_events(watch);
    watch.body->push(wire_.bookmark(std::to_string(version_), true));
  }
}

}  // namespace kubevitals::kube::fake
