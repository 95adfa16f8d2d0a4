#include "sim/kubelet/wave.h"

#include <cmath>
#include <numbers>

#include "sim/random.h"

namespace kubevitals::sim {
namespace {

double unit(std::uint64_t hash) {
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

}  // namespace

Wave::Wave(double base, std::uint64_t hash) : base_(base) {
  constexpr double kTurn = 2 * std::numbers::pi;
  const std::uint64_t slow = mix(hash + 1);
  const std::uint64_t fast = mix(hash + 2);
  terms_[0] = {0.2, kTurn / 86'400, kTurn * unit(mix(hash))};
  terms_[1] = {0.25, kTurn / (900 + static_cast<double>(slow % 2400)), kTurn * unit(slow)};
  terms_[2] = {0.15, kTurn / (120 + static_cast<double>(fast % 240)), kTurn * unit(fast)};
}

double Wave::at(double time) const {
  double sum = 1;
  for (const Term& term : terms_) sum += term.share * std::sin(term.frequency * time + term.phase);
  return base_ * sum;
}

double Wave::integral(double begin, double end) const {
  double sum = end - begin;
  for (const Term& term : terms_) {
    const double fall =
        std::cos(term.frequency * begin + term.phase) - std::cos(term.frequency * end + term.phase);
    sum += term.share / term.frequency * fall;
  }
  return base_ * sum;
}

double spread(std::uint64_t hash, double low, double high) {
  return low * std::pow(high / low, unit(hash));
}

}  // namespace kubevitals::sim
