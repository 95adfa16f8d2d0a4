// What is told of Consul's services, and when.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "discovery/discoverer.h"

namespace kubevitals::discovery::consul {

// Holds back what is found until every service that is known at the start has been asked for once, so that
// the first update has them all: those that failed come later. When all of them failed nothing is known yet,
// and the update waits for the first that works. After that, changes are passed on at once.
//
// A failure of a service, or of the catalog (""), is shown until it works again.
class Publication final {
 public:
  explicit Publication(GroupSink& sink) : sink_(sink) {}

  // The services that the first update waits for.
  void begin(std::set<std::string> services);
  bool begun() const { return begun_; }

  void found(const TargetGroupPtr& group);
  // It answered, and nothing has changed.
  void worked(const std::string& service);
  void failed(const std::string& service, const Error& error);
  // There is no such service any more.
  void removed(const std::string& service);

  // The cause when the service, or the catalog, does not work; null otherwise.
  const Error* failure_of(const std::string& service) const;

 private:
  void change(const TargetGroupPtr& group);
  bool clear_failure(const std::string& service);
  void flush();
  void show_failure();

  GroupSink& sink_;
  bool begun_ = false;
  bool published_ = false;
  bool answered_ = false;  // something is known
  std::set<std::string> waiting_;
  std::map<std::string, Error> failures_;
  std::map<std::string, TargetGroupPtr> groups_;  // with targets, as they were found last
  std::vector<TargetGroupPtr> changes_;           // that the sink does not know yet
};

}  // namespace kubevitals::discovery::consul
