#include "usage/api/openapi.h"

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/version.h"
#include "base/yaml_scalar.h"
#include "usage/api/json_text.h"
#include "usage/api/media_type.h"
#include "usage/api/metrics_path.h"
#include "usage/api/openapi_types.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

using Members = std::vector<std::pair<std::string, std::string>>;

struct Operation {
  std::string_view path;  // below the group's version
  std::string_view id;
  std::string_view description;
  std::string_view kind;
  bool list;
};
constexpr Operation kOperations[] = {
    {"/nodes", "listMetricsV1beta1NodeMetrics", "The metrics of all nodes.", "NodeMetrics", true},
    {"/nodes/{name}", "readMetricsV1beta1NodeMetrics", "The metrics of a node.", "NodeMetrics", false},
    {"/pods", "listMetricsV1beta1PodMetricsForAllNamespaces", "The metrics of all pods.", "PodMetrics", true},
    {"/namespaces/{namespace}/pods", "listMetricsV1beta1NamespacedPodMetrics",
     "The metrics of a namespace's pods.", "PodMetrics", true},
    {"/namespaces/{namespace}/pods/{name}", "readMetricsV1beta1NamespacedPodMetrics", "The metrics of a pod.",
     "PodMetrics", false},
};

constexpr std::string_view kMediaTypes[] = {kJsonType, kYamlType, kProtobufType};

struct Parameter {
  std::string_view name;
  std::string_view description;
};
constexpr Parameter kPathParameters[] = {
    {"name", "The name of the pod or node."},
    {"namespace", "The namespace of the pods."},
};
constexpr Parameter kQueryParameters[] = {{"pretty", "With \"true\", JSON has lines."}};
constexpr Parameter kListParameters[] = {
    {"fieldSelector", "Which are wanted, by metadata.name and metadata.namespace."},
    {"labelSelector", "Which are wanted, by their labels."},
};

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// Members without a value are left out.
std::string object(const Members& members) {
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (value.empty()) continue;
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, name);
    out.append(":").append(value);
  }
  return out.append("}");
}

std::string list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) out.append(out.size() > 1 ? "," : "").append(value);
  return out.append("]");
}

std::string group_version_kind(std::string_view kind) {
  return object({{"group", quoted(kMetricsGroup)}, {"kind", quoted(kind)}, {"version", quoted("v1beta1")}});
}

// Writes the document of one of OpenAPI's versions.
class OpenApi {
 public:
  explicit OpenApi(bool version_3) : version_3_(version_3) {}

  std::string document() const {
    Members paths;
    for (const Operation& operation : kOperations) {
      paths.emplace_back(std::string("/apis/").append(kMetricsGroupVersion).append(operation.path),
                         path_item(operation));
    }
    const std::string info = object({{"title", quoted("kubevitals")}, {"version", quoted(kVersion)}});
    if (version_3_) {
      return object({{"openapi", quoted("3.0.0")},
                     {"info", info},
                     {"paths", object(paths)},
                     {"components", object({{"schemas", definitions()}})}});
    }
    return object({{"swagger", quoted("2.0")},
                   {"info", info},
                   {"paths", object(paths)},
                   {"definitions", definitions()}});
  }

 private:
  // Nothing when there is no such type.
  Members reference(std::string_view name) const {
    std::string target = version_3_ ? "#/components/schemas/" : "#/definitions/";
    for (const OpenApiType& type : openapi_types()) {
      if (type.name == name) return {{"$ref", quoted(target.append(type.package).append(name))}};
    }
    return {};
  }

  // Of what OpenApiField::type can be.
  Members schema(std::string_view type) const {
    constexpr std::string_view kList = "[]";
    constexpr std::string_view kMap = "map[]";
    if (type.starts_with(kList)) {
      return {{"type", quoted("array")}, {"items", object(schema(type.substr(kList.size())))}};
    }
    if (type.starts_with(kMap)) {
      return {{"type", quoted("object")}, {"additionalProperties", object(schema(type.substr(kMap.size())))}};
    }
    if (const Members other = reference(type); !other.empty()) {
      // In version 3 nothing may stand beside a reference.
      return version_3_ ? Members{{"allOf", list({object(other)})}} : other;
    }
    return {{"type", quoted(type)}, {"format", type == "integer" ? quoted("int64") : ""}};
  }

  std::string definitions() const {
    Members all;
    for (const OpenApiType& type : openapi_types()) {
      Members properties;
      std::vector<std::string> required;
      for (const OpenApiField& field : type.fields) {
        Members property = schema(field.type);
        property.emplace_back("description", quoted(field.description));
        properties.emplace_back(field.name, object(property));
        if (field.required) required.push_back(quoted(field.name));
      }
      all.emplace_back(std::string(type.package).append(type.name),
                       object({{"description", quoted(type.description)},
                               {"type", quoted(type.json_type)},
                               {"format", type.format.empty() ? "" : quoted(type.format)},
                               {"required", required.empty() ? "" : list(required)},
                               {"properties", properties.empty() ? "" : object(properties)},
                               {"x-kubernetes-group-version-kind",
                                type.is_kind ? list({group_version_kind(type.name)}) : ""}}));
    }
    return object(all);
  }

  std::string parameter(const Parameter& one, bool in_path) const {
    Members members = {{"name", quoted(one.name)},
                       {"in", quoted(in_path ? "path" : "query")},
                       {"description", quoted(one.description)},
                       {"required", in_path ? "true" : ""}};
    const Members type = {{"type", quoted("string")}, {"uniqueItems", "true"}};
    if (version_3_) {
      members.emplace_back("schema", object(type));
    } else {
      members.insert(members.end(), type.begin(), type.end());
    }
    return object(members);
  }

  std::string path_item(const Operation& operation) const {
    std::vector<std::string> parameters;
    for (const Parameter& one : kPathParameters) {
      const std::string place = std::string("{").append(one.name).append("}");
      if (operation.path.find(place) != std::string_view::npos) parameters.push_back(parameter(one, true));
    }
    for (const Parameter& one : kQueryParameters) parameters.push_back(parameter(one, false));
    std::vector<std::string> of_lists;
    for (const Parameter& one : kListParameters) of_lists.push_back(parameter(one, false));
    std::vector<std::string> media_types;
    for (const std::string_view one : kMediaTypes) media_types.push_back(quoted(one));
    const std::string answer = std::string(operation.kind).append(operation.list ? "List" : "");
    const std::string get = object({{"description", quoted(operation.description)},
                                    {"operationId", quoted(operation.id)},
                                    {"tags", list({quoted("metrics_v1beta1")})},
                                    {"produces", version_3_ ? "" : list(media_types)},
                                    {"schemes", version_3_ ? "" : list({quoted("https")})},
                                    {"parameters", operation.list ? list(of_lists) : ""},
                                    {"responses", object({{"200", response(answer)}})},
                                    {"x-kubernetes-action", quoted(operation.list ? "list" : "get")},
                                    {"x-kubernetes-group-version-kind", group_version_kind(operation.kind)}});
    return object({{"get", get}, {"parameters", list(parameters)}});
  }

  std::string response(std::string_view type) const {
    const std::string schema = object({{"schema", object(reference(type))}});
    Members contents;
    for (const std::string_view media_type : kMediaTypes) contents.emplace_back(media_type, schema);
    return object({{"description", quoted("OK")},
                   {"schema", version_3_ ? "" : object(reference(type))},
                   {"content", version_3_ ? object(contents) : ""}});
  }

  const bool version_3_;
};

struct Page {
  std::string path;
  std::string body;
  std::string etag;
};

std::string hash_of(std::string_view text) {
  char digits[2 * sizeof(std::size_t) + 1];
  std::snprintf(digits, sizeof digits, "%016zX", std::hash<std::string_view>{}(text));
  return digits;
}

Page make_page(std::string path, std::string body) {
  std::string etag = quoted(hash_of(body));
  return {std::move(path), std::move(body), std::move(etag)};
}

std::vector<Page> make_pages() {
  const std::string group = std::string("apis/").append(kMetricsGroupVersion);
  const std::string path = "/openapi/v3/" + group;
  std::string version_3 = OpenApi(true).document();
  const std::string versioned = object({{"serverRelativeURL", quoted(path + "?hash=" + hash_of(version_3))}});
  return {make_page("/openapi/v2", OpenApi(false).document()),
          make_page("/openapi/v3", object({{"paths", object({{group, versioned}})}})),
          make_page(path, std::move(version_3))};
}

// By RFC 9110, 13.1.2: a list of tags, weak ones too, or "*".
bool has_it(const ServerRequest& request, const std::string& etag) {
  const std::string known = request.headers.joined("If-None-Match");
  return known == "*" || known.find(etag) != std::string::npos;
}

ServerResponse answer(const ServerRequest& request, const Page& page) {
  if (!accepts(request, kJsonType)) return ServerResponse::text(406, "only application/json can be had\n");
  const bool known = has_it(request, page.etag);
  ServerResponse response =
      ServerResponse::text(known ? 304 : 200, known ? "" : page.body, std::string(kJsonType));
  response.headers.set("ETag", page.etag);
  response.headers.set("Vary", "Accept");
  return response;
}

}  // namespace

std::optional<ServerResponse> openapi_answer(const ServerRequest& request) {
  static const std::vector<Page> kPages = make_pages();
  for (const Page& page : kPages) {
    if (request.path == page.path) return answer(request, page);
  }
  return std::nullopt;
}

}  // namespace kubevitals::usage
