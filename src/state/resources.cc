#include "state/resources.h"

#include <algorithm>

#include "state/resource_row.h"
#include "state/resources/tables.h"

namespace kubevitals::state {

std::span<const Resource> resources() {
  static const Resource kRows[] = {
      make_row<kDeployments>(), make_row<kNamespaces>(),  make_row<kNodes>(),
      make_row<kPods>(),        make_row<kReplicaSets>(), make_row<kServices>(),
  };
  return kRows;
}

const Resource* find_resource(std::string_view name) {
  const std::span<const Resource> rows = resources();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [name](const Resource& r) { return r.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace kubevitals::state
