#include "sim/api/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/api/aggregator.h"
#include "sim/catalog.h"

namespace kubevitals::sim {
namespace {

json::array strings(std::initializer_list<std::string_view> texts) {
  json::array list;
  for (const std::string_view text : texts) list.emplace_back(text);
  return list;
}

json::array all_verbs() {
  return strings({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"});
}

json::array subresource_verbs() {
  return strings({"get", "patch", "update"});
}

// What there is besides the catalog: reviews, which are only answered, and what the metrics API's server has.
struct OwnKind {
  std::string_view group, version, plural, singular, kind;
  bool namespaced;
};
constexpr OwnKind kOwnKinds[] = {
    {"authentication.k8s.io", "v1", "tokenreviews", "tokenreview", "TokenReview", false},
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview",
     "SelfSubjectAccessReview", false},
    {"authorization.k8s.io", "v1", "subjectaccessreviews", "subjectaccessreview", "SubjectAccessReview",
     false},
    {kMetricsGroup, kMetricsVersion, "nodes", "", "NodeMetrics", false},
    {kMetricsGroup, kMetricsVersion, "pods", "", "PodMetrics", true},
};

json::array own_verbs(const OwnKind& kind) {
  return kind.group == kMetricsGroup ? strings({"get", "list"}) : strings({"create"});
}

// The groups in the order of the catalog, but for the core group.
std::vector<std::pair<std::string_view, std::string_view>> groups(bool metrics) {
  std::vector<std::pair<std::string_view, std::string_view>> list;
  const auto add = [&](std::string_view group, std::string_view version) {
    const std::pair item(group, version);
    if (!group.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  };
  for (const Resource& resource : catalog()) add(resource.type().group, resource.type().version);
  for (const OwnKind& kind : kOwnKinds) {
    if (metrics || kind.group != kMetricsGroup) add(kind.group, kind.version);
  }
  return list;
}

json::object group_version(std::string_view group, std::string_view version) {
  return json::object({{"groupVersion", fmt::format("{}/{}", group, version)}, {"version", version}});
}

json::object group_object(std::string_view group, std::string_view version) {
  json::array versions;
  versions.emplace_back(group_version(group, version));
  return json::object({{"name", group},
                       {"versions", std::move(versions)},
                       {"preferredVersion", group_version(group, version)}});
}

json::array names(const std::vector<std::string_view>& list) {
  json::array array;
  for (const std::string_view name : list) array.emplace_back(name);
  return array;
}

json::array categories(const Resource& resource) {
  static constexpr std::string_view kAll[] = {"pods",
                                              "services",
                                              "deployments",
                                              "replicasets",
                                              "jobs",
                                              "statefulsets",
                                              "cronjobs",
                                              "daemonsets",
                                              "horizontalpodautoscalers",
                                              "replicationcontrollers"};
  const bool all = std::find(std::begin(kAll), std::end(kAll), resource.type().plural) != std::end(kAll);
  return all ? strings({"all"}) : json::array();
}

void add_subresource(json::array& list, const kube::ResourceType& type, std::string_view name,
                     std::string_view group, std::string_view version, std::string_view kind,
                     json::array verbs) {
  json::object object({{"name", fmt::format("{}/{}", type.plural, name)},
                       {"singularName", ""},
                       {"namespaced", type.namespaced},
                       {"kind", kind},
                       {"verbs", std::move(verbs)}});
  if (!version.empty()) {
    object.emplace("group", group);
    object.emplace("version", version);
  }
  list.emplace_back(std::move(object));
}

void add_resource(json::array& list, const Resource& resource) {
  const kube::ResourceType& type = resource.type();
  json::object object({{"name", type.plural},
                       {"singularName", resource.api.singular},
                       {"namespaced", type.namespaced},
                       {"kind", type.kind},
                       {"verbs", all_verbs()}});
  if (!resource.api.short_names.empty()) object.emplace("shortNames", names(resource.api.short_names));
  if (json::array in = categories(resource); !in.empty()) object.emplace("categories", std::move(in));
  list.emplace_back(std::move(object));
  if (resource.api.status) add_subresource(list, type, "status", "", "", type.kind, subresource_verbs());
  if (resource.api.scale)
    add_subresource(list, type, "scale", "autoscaling", "v1", "Scale", subresource_verbs());
  if (type.plural == "pods") {
    add_subresource(list, type, "binding", "", "", "Binding", strings({"create"}));
    add_subresource(list, type, "eviction", "policy", "v1", "Eviction", strings({"create"}));
    add_subresource(list, type, "log", "", "", "Pod", strings({"get"}));
  }
  if (type.plural == "namespaces") {
    add_subresource(list, type, "finalize", "", "", "Namespace", strings({"update"}));
  }
}

json::object response_kind(const kube::ResourceType& type) {
  return json::object({{"group", type.group}, {"version", type.version}, {"kind", type.kind}});
}

json::object aggregated_resource(const Resource& resource) {
  const kube::ResourceType& type = resource.type();
  json::object object({{"resource", type.plural},
                       {"responseKind", response_kind(type)},
                       {"scope", type.namespaced ? "Namespaced" : "Cluster"},
                       {"singularResource", resource.api.singular},
                       {"verbs", all_verbs()}});
  if (!resource.api.short_names.empty()) object.emplace("shortNames", names(resource.api.short_names));
  if (json::array in = categories(resource); !in.empty()) object.emplace("categories", std::move(in));
  json::array subresources;
  const auto add = [&](std::string_view name, json::object kind) {
    subresources.emplace_back(json::object(
        {{"subresource", name}, {"responseKind", std::move(kind)}, {"verbs", subresource_verbs()}}));
  };
  if (resource.api.status) add("status", response_kind(type));
  if (resource.api.scale)
    add("scale", json::object({{"group", "autoscaling"}, {"version", "v1"}, {"kind", "Scale"}}));
  if (!subresources.empty()) object.emplace("subresources", std::move(subresources));
  return object;
}

json::object aggregated_group(std::string_view group, std::string_view version) {
  json::array resources;
  for (const Resource& resource : catalog()) {
    if (resource.type().group == group && resource.type().version == version) {
      resources.emplace_back(aggregated_resource(resource));
    }
  }
  for (const OwnKind& kind : kOwnKinds) {
    if (kind.group != group || kind.version != version) continue;
    resources.emplace_back(
        json::object({{"resource", kind.plural},
                      {"responseKind", {{"group", group}, {"version", version}, {"kind", kind.kind}}},
                      {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                      {"singularResource", kind.singular},
                      {"verbs", own_verbs(kind)}}));
  }
  json::object metadata;
  if (!group.empty()) metadata.emplace("name", group);
  json::array versions;
  versions.emplace_back(
      json::object({{"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}}));
  return json::object({{"metadata", std::move(metadata)}, {"versions", std::move(versions)}});
}

json::object query_parameter(std::string_view name) {
  return json::object(
      {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}, {"uniqueItems", true}}}});
}

}  // namespace

json::object version_document() {
  return json::object({{"major", "1"},
                       {"minor", "35"},
                       {"gitVersion", "v1.35.0+kubevitals"},
                       {"gitCommit", "0000000000000000000000000000000000000000"},
                       {"gitTreeState", "clean"},
                       {"buildDate", "2026-01-01T00:00:00Z"},
                       {"goVersion", "none"},
                       {"compiler", "gcc"},
                       {"platform", "linux/amd64"}});
}

json::object core_versions_document() {
  json::array addresses;
  addresses.emplace_back(json::object({{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", ""}}));
  return json::object({{"kind", "APIVersions"},
                       {"versions", strings({"v1"})},
                       {"serverAddressByClientCIDRs", std::move(addresses)}});
}

json::object groups_document(bool metrics) {
  json::array list;
  for (const auto& [group, version] : groups(metrics)) list.emplace_back(group_object(group, version));
  return json::object({{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}});
}

std::optional<json::object> group_document(std::string_view wanted, bool metrics) {
  for (const auto& [group, version] : groups(metrics)) {
    if (group != wanted) continue;
    json::object object = group_object(group, version);
    object.emplace("kind", "APIGroup");
    object.emplace("apiVersion", "v1");
    return object;
  }
  return std::nullopt;
}

std::optional<json::object> resources_document(std::string_view group, std::string_view version) {
  json::array list;
  for (const Resource& resource : catalog()) {
    if (resource.type().group == group && resource.type().version == version) add_resource(list, resource);
  }
  for (const OwnKind& kind : kOwnKinds) {
    // The metrics API's server has this document itself.
    if (kind.group != group || kind.version != version || group == kMetricsGroup) continue;
    list.emplace_back(json::object({{"name", kind.plural},
                                    {"singularName", kind.singular},
                                    {"namespaced", kind.namespaced},
                                    {"kind", kind.kind},
                                    {"verbs", own_verbs(kind)}}));
  }
  if (list.empty()) return std::nullopt;
  const std::string name = group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
  return json::object({{"kind", "APIResourceList"},
                       {"apiVersion", "v1"},
                       {"groupVersion", name},
                       {"resources", std::move(list)}});
}

json::object aggregated_document(bool core, std::string_view version, bool metrics) {
  json::array items;
  if (core) {
    items.emplace_back(aggregated_group("", "v1"));
  } else {
    for (const auto& [group, group_version] : groups(metrics))
      items.emplace_back(aggregated_group(group, group_version));
  }
  return json::object({{"kind", "APIGroupDiscoveryList"},
                       {"apiVersion", fmt::format("apidiscovery.k8s.io/{}", version)},
                       {"metadata", json::object()},
                       {"items", std::move(items)}});
}

std::string openapi_v2_protobuf() {
  // Document: swagger 1, info 2 (title 1, version 2), paths 8.
  std::string out("\x0a\x03", 2);
  out.append("2.0");
  constexpr std::string_view kTitle = "kubevitals", kVersion = "v1.35.0";
  std::string info;
  info.push_back('\x0a');
  info.push_back(static_cast<char>(kTitle.size()));
  info.append(kTitle);
  info.push_back('\x12');
  info.push_back(static_cast<char>(kVersion.size()));
  info.append(kVersion);
  out.push_back('\x12');
  out.push_back(static_cast<char>(info.size()));
  out.append(info);
  out.append("\x42\x00", 2);
  return out;
}

json::object openapi_v2_document() {
  return json::object({{"swagger", "2.0"},
                       {"info", {{"title", "kubevitals"}, {"version", "v1.35.0"}}},
                       {"paths", json::object()},
                       {"definitions", json::object()}});
}

json::object openapi_v3_index() {
  json::object paths;
  const auto add = [&](const std::string& path) {
    paths.emplace(path, json::object({{"serverRelativeURL", "/openapi/v3/" + path + "?hash=1"}}));
  };
  add("api/v1");
  for (const auto& [group, version] : groups(false)) add(fmt::format("apis/{}/{}", group, version));
  return json::object({{"paths", std::move(paths)}});
}

std::optional<json::object> openapi_v3_document(std::string_view wanted) {
  json::object paths;
  for (const Resource& resource : catalog()) {
    const kube::ResourceType& type = resource.type();
    const std::string base =
        type.group.empty() ? std::string("api/v1") : fmt::format("apis/{}/{}", type.group, type.version);
    if (base != wanted) continue;
    // kubectl looks for these parameters of the PATCH operation.
    json::array parameters;
    for (const std::string_view name : {"dryRun", "fieldManager", "fieldValidation"}) {
      parameters.emplace_back(query_parameter(name));
    }
    json::object patch({{"parameters", std::move(parameters)},
                        {"responses", {{"200", {{"description", "OK"}}}}},
                        {"x-kubernetes-action", "patch"},
                        {"x-kubernetes-group-version-kind", response_kind(type)}});
    const std::string path =
        fmt::format("/{}{}/{}/{{name}}", base, type.namespaced ? "/namespaces/{namespace}" : "", type.plural);
    json::object item;
    item.emplace("patch", std::move(patch));
    paths.emplace(path, std::move(item));
  }
  if (paths.empty()) return std::nullopt;
  return json::object({{"openapi", "3.0.0"},
                       {"info", {{"title", "kubevitals"}, {"version", "v1.35.0"}}},
                       {"paths", std::move(paths)}});
}

}  // namespace kubevitals::sim
