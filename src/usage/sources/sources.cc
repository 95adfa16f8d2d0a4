#include <algorithm>
#include <array>

#include "usage/sources/resource/resource.h"
#include "usage/sources/source.h"
#include "usage/sources/stats_container/stats_container.h"
#include "usage/sources/summary/summary.h"

namespace kubevitals::usage {
namespace {

constexpr std::array kSources{
    SourceType{"kubernetes", "POST", "/stats/container/", &parse_stats_container, &stats_container_request},
    SourceType{"kubernetes.summary_api", "GET", "/stats/summary", &parse_summary},
    SourceType{"kubernetes.resource", "GET", "/metrics/resource", &parse_resource, nullptr, 10250, true,
               AddressRule::kPreferredTypes, true},
};

}  // namespace

std::span<const SourceType> source_types() {
  return kSources;
}

const SourceType* find_source_type(std::string_view name) {
  const auto* const found = std::find_if(kSources.begin(), kSources.end(),
                                         [name](const SourceType& type) { return type.name == name; });
  return found == kSources.end() ? nullptr : found;
}

}  // namespace kubevitals::usage
