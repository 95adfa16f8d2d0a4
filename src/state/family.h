// A metric family of a resource: a row in the resource's table. HELP, TYPE and the documentation come from
// it.
#pragma once

#include <string_view>

#include "exposition/emitter.h"
#include "state/options.h"

namespace kubevitals::state {

enum class MetricType { kGauge, kCounter, kInfo, kStateSet };
enum class Stability { kAlpha, kBeta, kStable };

// Everything about a family but how it is computed.
struct FamilyInfo {
  std::string_view name{};
  MetricType type = MetricType::kGauge;
  Stability stability = Stability::kAlpha;
  std::string_view help{};
  bool opt_in = false;                  // off unless --metric-opt-in-list names it
  std::string_view deprecated_since{};  // "" when not deprecated
};

// `emit` writes the object's samples; it keeps no state and never fails: what is missing is left out.
template <typename T>
struct Family {
  FamilyInfo info;
  void (*emit)(const T& object, const Options& options, exposition::Emitter& emitter);
};

}  // namespace kubevitals::state
