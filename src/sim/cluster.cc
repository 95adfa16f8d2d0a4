#include "sim/cluster.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/life.h"

namespace kubevitals::sim {

Cluster::Cluster(const ClusterOptions& options)
    : store_(options), life_(std::make_unique<Life>(store_, options)) {}

Cluster::~Cluster() = default;

std::uint64_t Cluster::rv() const {
  const std::lock_guard lock(mutex_);
  return store_.rv();
}

double Cluster::now() const {
  const std::lock_guard lock(mutex_);
  return store_.now();
}

std::int64_t Cluster::wall_seconds() const {
  return layout().start_time() + static_cast<std::int64_t>(std::floor(now()));
}

std::optional<Version> Cluster::get(unsigned resource, std::string_view ns, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Version* found = store_.find(resource, make_key(ns, name));
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

Result<Snapshot> Cluster::list(unsigned resource, std::optional<std::uint64_t> rv, std::string_view ns,
                               std::string_view start, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  return store_.snapshot(resource, rv.value_or(store_.rv()), ns, start, limit);
}

std::size_t Cluster::count(unsigned resource) const {
  const std::lock_guard lock(mutex_);
  return store_.collection(resource).size();
}

Cluster::NodeView Cluster::node_view(std::uint32_t node) const {
  NodeView view;
  {
    const std::lock_guard lock(mutex_);
    view.now = store_.now();
    const Version* found = store_.find(kNode, layout().node_name(node));
    if (found != nullptr) view.node = *found;
    view.pods = store_.collection(kPod).on_node(node);
  }
  std::vector<std::pair<std::string, std::size_t>> order;
  order.reserve(view.pods.size());
  for (std::size_t i = 0; i < view.pods.size(); ++i) {
    order.emplace_back(key_of(layout(), kPod, view.pods[i]), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<Version> sorted;
  sorted.reserve(order.size());
  for (const auto& [key, index] : order) sorted.push_back(std::move(view.pods[index]));
  view.pods = std::move(sorted);
  return view;
}

void Cluster::remember_sizes(unsigned resource, const Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  store_.remember_sizes(resource, snapshot);
}

Result<Cluster::Batch> Cluster::events(unsigned resource, std::uint64_t rv, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const EventLog& log = store_.log(resource);
  if (rv < log.complete_after()) {
    return Error{ErrorCode::kGone, "too old resource version: " + std::to_string(rv) + " (" +
                                       std::to_string(log.complete_after()) + ")"};
  }
  Batch batch;
  const std::size_t begin = log.after(rv);
  const std::size_t end = std::min(log.size(), begin + limit);
  for (std::size_t i = begin; i < end; ++i) batch.events.push_back(log.at(i));
  batch.complete_until = end == log.size() ? std::max(rv, store_.rv()) : batch.events.back().after.rv;
  return batch;
}

std::uint64_t Cluster::add_listener(unsigned resource, std::function<void()> changed) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.emplace(next_listener_, std::pair(resource, std::move(changed)));
  return next_listener_++;
}

void Cluster::remove_listener(std::uint64_t id) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.erase(id);
}

void Cluster::notify(const std::vector<bool>& changed) {
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) {
    if (listener.first < changed.size() && changed[listener.first]) listener.second();
  }
}

void Cluster::wake_all() {
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener.second();
}

void Cluster::advance(double seconds) {
  modify([seconds](Store&, Life& life) {
    life.advance(seconds);
    return 0;
  });
}

std::size_t Cluster::churn(std::size_t updates) {
  return modify([updates](Store&, Life& life) { return life.churn(updates); });
}

std::size_t Cluster::churn_pods(std::size_t updates) {
  return modify([updates](Store&, Life& life) { return life.churn_pods(updates); });
}

void Cluster::compact() {
  modify([](Store& store, Life&) {
    store.compact();
    return 0;
  });
}

}  // namespace kubevitals::sim
