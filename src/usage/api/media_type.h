// What a client of the resource metrics API wants its answer written in.
#pragma once

#include <optional>
#include <string_view>

#include "net/http_server.h"

namespace kubevitals::usage {

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kYamlType = "application/yaml";
inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

enum class Encoding { kJson, kPrettyJson, kYaml, kProtobuf };
enum class Shape { kObject, kTable, kMetadata, kHeapster };

struct MediaType {
  Encoding encoding = Encoding::kJson;
  Shape shape = Shape::kObject;
  std::string_view name = kJsonType;
  std::string_view meta_version = "v1";  // of meta.k8s.io, whose kinds Table and PartialObjectMetadata are
};

// The best that there is of what an Accept field asks for, JSON without one: by quality, then what is named
// before "*". Objects are there in all encodings, Table and PartialObjectMetadata (of lists:
// PartialObjectMetadataList) in text. Nothing when there is none of these. Source: k8s.io/apiserver's
// negotiation and goautoneg, which take quality 0 as the lowest.
std::optional<MediaType> negotiate(const net::ServerRequest& request, bool list);

// Whether a bare `type` will do.
bool accepts(const net::ServerRequest& request, std::string_view type);

}  // namespace kubevitals::usage
