// The documents by which clients learn what is served.
#pragma once

#include <optional>
#include <string_view>

#include "sim/document.h"

namespace kubevitals::sim {

json::object version_document();        // /version
json::object core_versions_document();  // /api
// In what follows `metrics` says whether the metrics API is aggregated, and so there too.
json::object groups_document(bool metrics);  // /apis
// /apis/<group>; nothing for an unknown one.
std::optional<json::object> group_document(std::string_view group, bool metrics);
// /api/v1 and /apis/<group>/<version>; nothing when not served.
std::optional<json::object> resources_document(std::string_view group, std::string_view version);
// /api or /apis as one document; `version` of apidiscovery.k8s.io is "v2" or "v2beta1".
json::object aggregated_document(bool core, std::string_view version, bool metrics);

// What kubectl needs to know to check parameters and patches; schemas are left out.
std::string openapi_v2_protobuf();  // an openapi.v2.Document
json::object openapi_v2_document();
json::object openapi_v3_index();
// "api/v1", "apis/apps/v1"; nothing when not served.
std::optional<json::object> openapi_v3_document(std::string_view path);

}  // namespace kubevitals::sim
