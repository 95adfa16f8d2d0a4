#include "usage/api/auth/attributes.h"

#include <algorithm>
#include <string_view>

#include "base/go_text.h"
#include "usage/api/api_status.h"

namespace kubevitals::usage {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string verb_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return "";
}

bool can_be_in_a_path(std::string_view name) {
  return name != "." && name != ".." && name.find_first_of("/%") == std::string_view::npos;
}

// What the lists' parameters say; a selector that cannot be read narrows nothing.
void read_selectors(const net::ServerRequest& request, Attributes& attributes) {
  const auto fields = kube::FieldSelector::parse(request.parameter("fieldSelector").value_or(""));
  if (fields) attributes.fields = fields->requirements();
  const auto labels = kube::LabelSelector::parse(request.parameter("labelSelector").value_or(""));
  if (labels) attributes.labels = labels->requirements();
}

// The object that a list is about when it can be one only.
std::string selected_name(const Attributes& attributes) {
  for (const auto& one : attributes.fields) {
    if (one.field == "metadata.name" && one.equal) return can_be_in_a_path(one.value) ? one.value : "";
  }
  return "";
}

// `parts` are those behind group and version. True when the verb stood among them.
bool read_parts(std::vector<std::string> parts, Attributes& attributes) {
  const auto drop = [&parts](int count) { parts.erase(parts.begin(), parts.begin() + count); };
  const bool names_verb = parts.size() > 1 && (parts[0] == "watch" || parts[0] == "proxy");
  if (names_verb) {
    attributes.verb = parts[0];
    drop(1);
  }
  if (parts[0] == "namespaces" && parts.size() > 1) {
    attributes.namespace_ = parts[1];
    if (parts.size() > 2 && parts[2] != "status" && parts[2] != "finalize") drop(2);
  }
  attributes.resource = parts[0];
  if (parts.size() > 1) attributes.name = parts[1];
  if (parts.size() > 2 && attributes.verb != "proxy") attributes.subresource = parts[2];
  return names_verb;
}

}  // namespace

Attributes attributes_of(const net::ServerRequest& request) {
  Attributes attributes;
  attributes.path = repair_utf8(request.path);
  attributes.verb = to_lower(request.method);
  std::vector<std::string> parts = split_path(attributes.path);
  if (parts.size() < 4 || parts[0] != "apis") return attributes;
  attributes.is_resource = true;
  attributes.group = parts[1];
  attributes.version = parts[2];
  attributes.verb = verb_of(request.method);
  parts.erase(parts.begin(), parts.begin() + 3);
  if (read_parts(std::move(parts), attributes)) return attributes;
  const bool is_list = attributes.name.empty() && attributes.verb == "get";
  if (is_list) attributes.verb = wants_watch(request) ? "watch" : "list";
  if (attributes.name.empty() && attributes.verb == "delete") attributes.verb = "deletecollection";
  if (is_list || attributes.verb == "deletecollection") read_selectors(request, attributes);
  if (is_list) attributes.name = repair_utf8(selected_name(attributes));
  return attributes;
}

}  // namespace kubevitals::usage
