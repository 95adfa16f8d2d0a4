// A load that goes up and down, and its exact integral: what gauges and counters of kubelets are made of.
#pragma once

#include <cstdint>

namespace kubevitals::sim {

// base × (1 + a day's, a part of an hour's and some minutes' oscillation), always between 0.4 and 1.6 of the
// base. A function of the hash; the integral of positive bases only grows. Times are in seconds.
class Wave {
 public:
  Wave(double base, std::uint64_t hash);

  double at(double time) const;
  // From `begin` to `end`; negative when they are the other way round.
  double integral(double begin, double end) const;

 private:
  struct Term {
    double share;      // of the base
    double frequency;  // radians a second
    double phase;
  };

  double base_;
  Term terms_[3];
};

// A number between `low` and `high` that the bits of a hash choose, each order of magnitude equally likely.
double spread(std::uint64_t hash, double low, double high);

}  // namespace kubevitals::sim
