// Small parts of reading requests and making responses.
#pragma once

#include <optional>
#include <string_view>

#include "net/http_server.h"
#include "sim/api/error.h"
#include "sim/api/write.h"

namespace kubevitals::sim {

net::ServerResponse json_response(int status, const json::object& document);
// A Status, with Retry-After where the error has one.
net::ServerResponse error_response(const ApiError& error);

// The body as JSON, decoded from protobuf when it is sent as that; null when there is none.
ApiResult<json::value> parse_body(const net::ServerRequest& request);

// The kind of a patch by its content type.
std::optional<PatchType> patch_type(std::string_view content_type);

// DeleteOptions of the body with those that stand in the query.
json::object with_query_options(json::object options, const net::ServerRequest& request);

// Version, groups, resources and OpenAPI, with the group of the metrics API if it is `aggregated`; nothing
// for other paths.
std::optional<json::object> discovery_document(std::string_view path, std::string_view accept,
                                               bool aggregated);

// Keeps what the selection matches, at most `limit` objects (0: all), and sets next_key when there are more.
// Lets other connections have their turn.
asio::awaitable<void> filter(const Cluster& cluster, unsigned resource, const Selection& selection,
                             std::size_t limit, Snapshot& snapshot);

}  // namespace kubevitals::sim
