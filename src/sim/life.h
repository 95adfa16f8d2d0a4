// What happens in the cluster by itself: restarts, rollouts, crash loops, node flaps, finished jobs.
#pragma once

#include <cstddef>

#include "sim/controllers.h"
#include "sim/random.h"
#include "sim/store.h"

namespace kubevitals::sim {

// Not thread-safe: lives under the cluster's lock. The sequence of changes is a function of the seed and of
// the calls made (churn(), advance() and clients' writes).
class Life {
 public:
  Life(Store& store, const ClusterOptions& options)
      : store_(store), controllers_(store, options), random_(hash_of(options.seed, 61)) {}

  Controllers& controllers() { return controllers_; }

  // Lets time pass.
  void advance(double seconds);
  // Makes changes until at least that many updates are done, those of controllers included; returns their
  // number.
  std::size_t churn(std::size_t updates);
  // Changes exactly that many different pods; returns how many.
  std::size_t churn_pods(std::size_t updates);

 private:
  void step();
  void touch_pod();
  void restart_pod();
  void unsettle_pod(State state, double seconds);
  void touch_node(bool flap);
  const Version* any(unsigned resource);

  Store& store_;
  Controllers controllers_;
  Random random_;
};

}  // namespace kubevitals::sim
