#include "discovery/consul/publication.h"

#include <utility>

namespace kubevitals::discovery::consul {

void Publication::begin(std::set<std::string> services) {
  begun_ = true;
  waiting_ = std::move(services);
  flush();
}

void Publication::found(const TargetGroupPtr& group) {
  answered_ = true;
  waiting_.erase(group->source);
  const bool recovered = clear_failure(group->source);
  change(group);
  const bool silent = published_ && changes_.empty();
  flush();
  if (recovered && silent) sink_.recovered();
}

void Publication::worked(const std::string& service) {
  if (clear_failure(service)) sink_.recovered();
}

void Publication::failed(const std::string& service, const Error& error) {
  waiting_.erase(service);
  failures_.insert_or_assign(service, error);
  sink_.failed(error);
  if (!published_) flush();
}

void Publication::removed(const std::string& service) {
  waiting_.erase(service);
  const bool recovered = clear_failure(service);
  change(empty_group(service));
  const bool silent = published_ && changes_.empty();
  flush();
  if (recovered && silent) sink_.recovered();
}

const Error* Publication::failure_of(const std::string& service) const {
  const auto found = failures_.find(service);
  return found == failures_.end() ? nullptr : &found->second;
}

void Publication::change(const TargetGroupPtr& group) {
  const auto known = groups_.find(group->source);
  if (known == groups_.end() ? group->targets.empty() : known->second->equals(*group)) return;
  if (group->targets.empty()) {
    groups_.erase(known);
  } else {
    groups_.insert_or_assign(group->source, group);
  }
  if (published_) changes_.push_back(group);
}

// True when it was the last one.
bool Publication::clear_failure(const std::string& service) {
  return failures_.erase(service) > 0 && failures_.empty();
}

void Publication::flush() {
  if (published_) {
    if (changes_.empty()) return;
  } else {
    if (!begun_ || !waiting_.empty()) return;
    if (!answered_ && !failures_.empty()) return;
    published_ = true;
    for (const auto& [service, group] : groups_) changes_.push_back(group);
  }
  sink_.update(std::exchange(changes_, {}));
  show_failure();
}

void Publication::show_failure() {
  if (!failures_.empty()) sink_.failed(failures_.begin()->second);
}

}  // namespace kubevitals::discovery::consul
