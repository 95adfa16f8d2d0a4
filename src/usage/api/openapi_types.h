// The types of metrics.k8s.io/v1beta1, described: k8s.io/metrics and what it takes from k8s.io/apimachinery.
#pragma once

#include <span>
#include <string_view>

namespace kubevitals::usage {

struct OpenApiField {
  std::string_view name;
  // "[]X" is a list, "map[]X" a map by name; X is the name of another type, or JSON's.
  std::string_view type;
  std::string_view description;
  bool required = false;
};

struct OpenApiType {
  std::string_view package;  // "io.k8s.metrics.pkg.apis.metrics.v1beta1."
  std::string_view name;
  std::string_view description;
  std::span<const OpenApiField> fields;
  std::string_view json_type = "object";
  std::string_view format = {};  // empty: none
  bool is_kind = false;          // stands alone, with kind and apiVersion
};

std::span<const OpenApiType> openapi_types();

}  // namespace kubevitals::usage
