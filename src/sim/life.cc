#include "sim/life.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace kubevitals::sim {

void Life::advance(double seconds) {
  store_.set_now(store_.now() + seconds);
  controllers_.run_due();
}

const Version* Life::any(unsigned resource) {
  const Collection& all = store_.collection(resource);
  return all.size() == 0 ? nullptr : &all.at(random_.below(all.size()));
}

std::size_t Life::churn(std::size_t updates) {
  const std::uint64_t begin = store_.rv();
  // Some steps find nothing to change; in an empty cluster none does.
  for (std::size_t tries = 0; store_.rv() - begin < updates && tries < updates * 4 + 16; ++tries) step();
  return store_.rv() - begin;
}

void Life::step() {
  const std::uint64_t draw = random_.below(1000);
  if (draw < 620) {
    restart_pod();
  } else if (draw < 740) {
    unsettle_pod(State::kNotReady, 2 + static_cast<double>(random_.below(10)));
  } else if (draw < 800) {
    unsettle_pod(State::kCrashLoop, 5 + static_cast<double>(random_.below(30)));
  } else if (draw < 840) {
    if (const Version* pod = any(kPod)) {
      controllers_.remove(kPod, key_of(store_.layout(), kPod, *pod), Propagation::kBackground, false);
    }
  } else if (draw < 850) {
    if (const Version* deployment = any(kDeployment)) {
      controllers_.roll_out(key_of(store_.layout(), kDeployment, *deployment));
    }
  } else if (draw < 980) {
    touch_node(false);
  } else if (draw < 985) {
    touch_node(true);
  } else if (const Version* job = any(kJob)) {
    controllers_.turn_job(key_of(store_.layout(), kJob, *job));
  }
}

void Life::restart_pod() {
  const Version* pod = any(kPod);
  if (pod == nullptr || pod->state != State::kNormal || pod->terminating) return;
  controllers_.set_pod_state(key_of(store_.layout(), kPod, *pod), State::kNormal, pod->restarts + 1);
}

void Life::unsettle_pod(State state, double seconds) {
  const Version* pod = any(kPod);
  if (pod == nullptr || pod->state != State::kNormal || pod->terminating) return;
  const std::string key = key_of(store_.layout(), kPod, *pod);
  controllers_.recover_later(kPod, key, seconds);
  controllers_.set_pod_state(key, state, pod->restarts + (state == State::kCrashLoop ? 1 : 0));
}

void Life::touch_node(bool flap) {
  const Version* node = any(kNode);
  if (node == nullptr || node->terminating) return;
  const std::string key = key_of(store_.layout(), kNode, *node);
  if (flap && node->state == State::kNormal) {
    controllers_.recover_later(kNode, key, 40);
    controllers_.set_node_state(key, State::kNotReady);
  } else {
    controllers_.set_node_state(key, node->state);  // a heartbeat
  }
}

std::size_t Life::churn_pods(std::size_t updates) {
  const std::size_t count = store_.collection(kPod).size();
  updates = std::min(updates, count);
  // The first part of a shuffle (Fisher-Yates): different pods, each set equally likely. No pod comes or
  // goes.
  std::vector<std::uint32_t> positions(count);
  std::iota(positions.begin(), positions.end(), 0u);
  for (std::size_t i = 0; i < updates; ++i) {
    std::swap(positions[i], positions[i + random_.below(count - i)]);
    if (positions[i] >= store_.collection(kPod).size()) continue;
    const Version& pod = store_.collection(kPod).at(positions[i]);
    // Eight of ten restart and are ready again, one becomes unready, one unready one becomes ready.
    const std::uint64_t draw = random_.below(10);
    State state = pod.state;
    if (draw == 0 && state == State::kNormal) {
      state = State::kNotReady;
    } else if (draw <= 1 && state == State::kNotReady) {
      state = State::kNormal;
    }
    controllers_.set_pod_state(key_of(store_.layout(), kPod, pod), state, pod.restarts + 1);
  }
  return updates;
}

}  // namespace kubevitals::sim
