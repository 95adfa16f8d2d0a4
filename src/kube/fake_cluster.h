// A model of an API server with a history, and of everything that can go wrong on the way to it: for tests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "kube/fake_api.h"

namespace kubevitals::kube::fake {

// Objects are created, changed and deleted at random; lists are consistent snapshots, in pages; watches
// replay the history, which is compacted now and then. While it is faulty, answers fail, break off, stand
// still or contain what they should not. All is drawn from the seed.
class Cluster final {
 public:
  enum class StreamingLists { kOffered, kRefused, kIgnored };

  Cluster(VirtualClock& clock, std::uint64_t seed);

  Response answer(const Request& request);

  // Something happens to an object.
  void change();
  // Time goes by: watches get bookmarks, end, suffer.
  void tick();

  const std::map<std::string, Object>& objects() const { return objects_; }
  Encoding encoding() const { return wire_.encoding(); }

  bool faulty = true;

 private:
  struct Event {
    std::string type;
    Object object;
    std::uint64_t version;
  };
  struct Watch {
    std::shared_ptr<Body> body;
    std::uint64_t sent;
    SteadyTime end;
    bool stuck = false;
    bool unannounced = false;  // began with all objects, and nobody says when that was over
  };

  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  std::optional<Response> broken_answer(bool watch);
  Response refusal(int code, std::string_view reason, std::string_view message = "no");
  Response list(const Request& request);
  Response watch(const Request& request);
  void send_initial_events(Watch& watch, std::uint64_t version);
  std::string spoil(std::string bytes);
  void send_new_events(Watch& watch);
  void disturb(Watch& watch);
  std::map<std::string, Object> snapshot(std::uint64_t version) const;

  VirtualClock& clock_;
  std::mt19937_64 random_;
  Wire wire_;
  StreamingLists streaming_;
  std::map<std::string, Object> objects_;
  std::vector<Event> history_;  // in order of version, never cut; what was compacted is just not served
  std::uint64_t version_ = 10;
  std::uint64_t compacted_ = 0;  // up to here
  std::uint64_t next_uid_ = 0;
  std::vector<Watch> watches_;
};

}  // namespace kubevitals::kube::fake
