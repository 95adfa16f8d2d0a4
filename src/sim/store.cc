#include "sim/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sim/initial_state.h"

namespace kubevitals::sim {

Store::Store(const ClusterOptions& options) : layout_(options) {
  const std::size_t count = catalog().size();
  collections_.reserve(count);
  logs_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    collections_.emplace_back(layout_, i);
    logs_.emplace_back(options.watch_cache);
  }
  changed_.resize(count);
  std::vector<std::vector<Version>> initial = initial_state(layout_);
  for (unsigned i = 0; i < initial.size(); ++i) {
    for (Version& version : initial[i]) version.rv = ++rv_;
    collections_[i].load(std::move(initial[i]));
  }
  for (EventLog& log : logs_) log.forget_until(rv_);
}

const Version& Store::create(unsigned resource, Version version) {
  version.rv = ++rv_;
  version.protobuf_size = 0;
  logs_[resource].append({EventType::kAdded, std::nullopt, version});
  changed_[resource] = true;
  const std::string key = key_of(layout_, resource, version);
  return collections_[resource].put(key, std::move(version));
}

const Version& Store::update(unsigned resource, Version version) {
  const std::string key = key_of(layout_, resource, version);
  const Version* before = find(resource, key);
  if (before == nullptr) return create(resource, std::move(version));
  version.rv = ++rv_;
  version.protobuf_size = 0;
  logs_[resource].append({EventType::kModified, *before, version});
  changed_[resource] = true;
  return collections_[resource].put(key, std::move(version));
}

void Store::remove(unsigned resource, Version last) {
  const std::string key = key_of(layout_, resource, last);
  const Version* before = find(resource, key);
  if (before == nullptr) return;
  last.rv = ++rv_;
  last.protobuf_size = 0;
  logs_[resource].append({EventType::kDeleted, *before, std::move(last)});
  changed_[resource] = true;
  collections_[resource].erase(key);
}

Result<Snapshot> Store::snapshot(unsigned resource, std::uint64_t rv, std::string_view ns,
                                 std::string_view start, std::size_t limit) const {
  const Collection& collection = collections_[resource];
  const EventLog& log = logs_[resource];
  if (rv < log.complete_after()) {
    return Error{ErrorCode::kGone,
                 fmt::format("too old resource version: {} ({})", rv, log.complete_after())};
  }
  // '0' is the character after '/': the end of a namespace's keys.
  const std::string prefix = ns.empty() ? std::string() : std::string(ns) + "/";
  const std::string end = ns.empty() ? std::string() : std::string(ns) + "0";
  const std::string begin = std::max(std::string(start), prefix);

  // Objects that changed since: their former state, nothing for those that did not exist.
  std::map<std::string, std::optional<Version>> former;
  for (std::size_t i = log.after(rv); i < log.size(); ++i) {
    std::string key = key_of(layout_, resource, log.at(i).after);
    if (key < begin || (!end.empty() && key >= end)) continue;
    former.try_emplace(std::move(key), log.at(i).before);
  }

  Snapshot result;
  result.rv = rv;
  std::size_t position = collection.lower_bound(begin);
  const std::size_t stop = end.empty() ? collection.size() : collection.lower_bound(end);
  if (former.empty()) {
    const std::size_t available = stop - std::min(stop, position);
    const std::size_t count = limit == 0 ? available : std::min(limit, available);
    result.first_position = position;
    result.versions.reserve(count);
    for (std::size_t i = 0; i < count; ++i) result.versions.push_back(collection.at(position + i));
    result.remaining = available - count;
    if (result.remaining != 0) result.next_key = collection.key_at(position + count);
    return result;
  }
  auto changed = former.begin();
  const auto take = [&](const Version& version, const std::string& key) {
    if (limit == 0 || result.versions.size() < limit) {
      result.versions.push_back(version);
    } else if (result.remaining++ == 0) {
      result.next_key = key;
    }
  };
  const bool bounded = limit != 0;
  while (position < stop || changed != former.end()) {
    if (bounded && result.remaining != 0) break;
    const std::string key = position < stop ? collection.key_at(position) : std::string();
    if (changed != former.end() && (position >= stop || changed->first <= key)) {
      if (position < stop && changed->first == key) ++position;
      if (changed->second) take(*changed->second, changed->first);
      ++changed;
    } else {
      take(collection.at(position), key);
      ++position;
    }
  }
  // The rest is only counted: an object of today counts unless it changed since, a former one if it existed.
  result.remaining += stop - std::min(stop, position);
  for (; changed != former.end(); ++changed) {
    const bool exists = collection.find(changed->first) != nullptr;
    if (exists && !changed->second) --result.remaining;
    if (!exists && changed->second) ++result.remaining;
  }
  return result;
}

void Store::remember_sizes(unsigned resource, const Snapshot& snapshot) {
  if (snapshot.first_position == Snapshot::kUnknown) return;
  for (std::size_t i = 0; i < snapshot.versions.size(); ++i) {
    collections_[resource].remember_size(snapshot.first_position + i, snapshot.versions[i]);
  }
}

void Store::compact() {
  for (EventLog& log : logs_) log.forget_until(rv_);
}

std::vector<bool> Store::take_changed() {
  std::vector<bool> changed(changed_.size());
  changed.swap(changed_);
  return changed;
}

}  // namespace kubevitals::sim
