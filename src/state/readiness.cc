#include "state/readiness.h"

#include <algorithm>

namespace kubevitals::state {
namespace {

bool is_refused(const kube::FeedStats& feed) {
  return !feed.last_error.empty() && (feed.list_errors.contains("403") || feed.list_errors.contains("404"));
}

}  // namespace

std::string name_of(const kube::WatchScope& scope) {
  std::string name(scope.resource.plural);
  if (!scope.namespace_.empty()) name.append(" in namespace ").append(scope.namespace_);
  return name;
}

Readiness readiness_of(std::span<const kube::WatchScope> scopes, const std::vector<kube::FeedStats>& feeds) {
  Readiness result{.ready = true, .explanation = {}};
  for (const kube::WatchScope& scope : scopes) {
    const auto feed = std::find_if(feeds.begin(), feeds.end(),
                                   [&](const kube::FeedStats& stats) { return stats.scope == scope; });
    const bool known = feed != feeds.end();
    if (known && feed->synced) continue;
    const bool refused = known && is_refused(*feed);
    if (!refused) result.ready = false;
    result.explanation.append(name_of(scope)).append(refused ? ": not waited for" : ": not complete yet");
    if (known && !feed->last_error.empty()) result.explanation.append(": ").append(feed->last_error);
    result.explanation.append("\n");
  }
  return result;
}

}  // namespace kubevitals::state
