// Which metric families are on: KSM's --metric-allowlist, --metric-denylist and --metric-opt-in-list.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/family.h"

namespace kubevitals::state {

// Immutable. Entries are regular expressions that may match anywhere in a family's name: ECMAScript ones,
// with look-around, in the allow- and deny-list; RE2 ones in the opt-in list.
class MetricFilter final {
 public:
  // Everything but opt-in families.
  MetricFilter();
  MetricFilter(MetricFilter&&) noexcept;
  MetricFilter& operator=(MetricFilter&&) noexcept;
  ~MetricFilter();

  // Fails with kInvalid when both allow and deny have entries, and on an expression that does not compile.
  static Result<MetricFilter> create(const std::vector<std::string>& allow,
                                     const std::vector<std::string>& deny,
                                     const std::vector<std::string>& opt_in);

  // Whether the family is on. The allow-list alone does not turn on an opt-in family. Fails with kInvalid
  // when an expression takes too many steps on the name.
  Result<bool> enabled(const FamilyInfo& family) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubevitals::state
