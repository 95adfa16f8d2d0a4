// Content negotiation as the API server does it: encodings, and objects transformed to tables or metadata.
#pragma once

#include <optional>
#include <string_view>

#include "kube/encoding.h"
#include "sim/table.h"

namespace kubevitals::sim {

enum class View { kObject, kTable, kPartialMetadata };

struct Media {
  kube::Encoding encoding = kube::Encoding::kJson;
  View view = View::kObject;
  IncludeObject include = IncludeObject::kMetadata;  // tables: from the query, not from Accept

  std::string_view content_type(bool watch) const;
};

// The best alternative of an Accept header that can be served, by q-value and then by order; nothing when
// none can (406). `protobuf` says whether the kind has a protobuf form; a Table has none.
std::optional<Media> negotiate(std::string_view accept, bool protobuf);

// For discovery documents: whether the header prefers apidiscovery.k8s.io's aggregated document to the plain
// one, and in which version: "v2", "v2beta1" or "" for the plain one.
std::string_view negotiate_discovery(std::string_view accept);

}  // namespace kubevitals::sim
