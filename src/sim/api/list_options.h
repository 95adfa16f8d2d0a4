// The query of a LIST or WATCH and the API's rules for it: "Kubernetes API Concepts", resource versions, and
// apimachinery's validation of ListOptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "sim/api/error.h"
#include "sim/api/watch_body.h"

namespace kubevitals::sim {

struct ListOptions {
  enum class Match { kUnset, kExact, kNotOlderThan };

  bool watch = false;
  bool bookmarks = false;
  std::optional<bool> send_initial_events;
  std::optional<std::uint64_t> rv;  // unset: the most recent
  Match match = Match::kUnset;
  std::size_t limit = 0;
  std::string continue_token;
  std::optional<std::int64_t> timeout_seconds;
  Selection selection;
};

// Reads and checks the query of a request for this resource; `watch_list` says whether the server offers
// sendInitialEvents. `ns` is the path's namespace, `name` its name (a watch of one object), each may be
// empty.
ApiResult<ListOptions> parse_list_options(const net::QueryParameters& query, const kube::ResourceType& type,
                                          std::string_view ns, std::string_view name, bool watch_list);

// A resourceVersion parameter; nothing when empty.
ApiResult<std::optional<std::uint64_t>> parse_resource_version(std::string_view text);

// Where a paged list goes on.
struct ContinueToken {
  std::int64_t rv = 0;  // -1: at any, after an expired token
  std::string start;    // the key of the next object

  std::string encode() const;  // base64 of JSON, as the API server does it
  static std::optional<ContinueToken> decode(std::string_view text);
};

}  // namespace kubevitals::sim
