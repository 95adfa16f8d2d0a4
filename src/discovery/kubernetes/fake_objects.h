// An API server that holds objects of any kind as JSON: for tests.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/virtual_clock.h"
#include "kube/fake_api.h"

namespace kubevitals::discovery::kubernetes {

// LIST and WATCH with initial events, in all namespaces or one, with label selectors of the form "a=b".
class FakeObjects final {
 public:
  explicit FakeObjects(VirtualClock& clock) : clock_(clock) {}

  // Answers a kube::fake::Transport's requests.
  kube::fake::Response answer(const kube::fake::Request& request);

  // Creates the object, or changes the one of its name.
  void put(const std::string& json) { put(boost::json::value(parse(json))); }
  void put(const char* json) { put(std::string(json)); }
  void put(boost::json::value object);
  // Deletes it, whatever its state.
  void remove(std::string_view kind, std::string_view ns, std::string_view name);

  // From now on every request for this resource is answered so; 200: as usual. Open watches go on.
  void refuse(const std::string& plural, int status) { refused_[plural] = status; }
  // Ends all open watches without a word.
  void cut_watches();

  static boost::json::object parse(const std::string& json);
  // Of all objects there are.
  std::vector<boost::json::object> objects() const;

 private:
  struct Watch {
    std::string plural;
    std::string ns;
    std::string selector;
    std::shared_ptr<kube::fake::Body> body;
    std::set<std::string> known;  // keys of the objects that it was told of
  };

  bool selected(const boost::json::object& object, const std::string& ns, const std::string& selector) const;
  void tell(Watch& watch, const std::string& key, const boost::json::object& object, bool deleted);
  void send(Watch& watch, const char* type, const boost::json::object& object);

  VirtualClock& clock_;
  std::map<std::string, std::map<std::string, boost::json::object>> objects_;  // by plural, by namespace/name
  std::vector<std::unique_ptr<Watch>> watches_;
  std::map<std::string, int> refused_;
  std::uint64_t version_ = 100;
};

}  // namespace kubevitals::discovery::kubernetes
