#include "sim/api/defaults.h"

#include <fmt/format.h>

#include "sim/catalog.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

template <typename Value>
void default_to(json::object& object, std::string_view key, Value&& value) {
  if (!object.contains(key)) object.emplace(key, std::forward<Value>(value));
}

void default_containers(json::object& spec, std::string_view list) {
  json::value* containers = spec.if_contains(list);
  if (containers == nullptr || !containers->is_array()) return;
  for (json::value& value : containers->get_array()) {
    json::object* container = value.if_object();
    if (container == nullptr) continue;
    const std::string_view image = text_member(*container, {"image"});
    const bool latest = image.find(':') == std::string_view::npos || image.ends_with(":latest");
    default_to(*container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
    default_to(*container, "terminationMessagePath", "/dev/termination-log");
    default_to(*container, "terminationMessagePolicy", "File");
    default_to(*container, "resources", json::object());
    json::value* ports = container->if_contains("ports");
    if (ports == nullptr || !ports->is_array()) continue;
    for (json::value& port : ports->get_array()) {
      if (port.is_object()) default_to(port.get_object(), "protocol", "TCP");
    }
  }
}

void default_pod_spec(json::object& spec, std::string_view restart_policy) {
  default_containers(spec, "containers");
  default_containers(spec, "initContainers");
  default_to(spec, "restartPolicy", restart_policy);
  default_to(spec, "terminationGracePeriodSeconds", 30);
  default_to(spec, "dnsPolicy", "ClusterFirst");
  default_to(spec, "schedulerName", "default-scheduler");
  default_to(spec, "securityContext", json::object());
}

void default_template(json::object& spec, std::string_view restart_policy) {
  json::object& pod = object_member(spec, "template");
  default_pod_spec(object_member(pod, "spec"), restart_policy);
}

void default_pod(json::object& document, const Layout& layout, std::uint64_t hash) {
  json::object& spec = object_member(document, "spec");
  default_pod_spec(spec, "Always");
  default_to(spec, "serviceAccountName", "default");
  default_to(spec, "priority", 0);
  default_to(spec, "enableServiceLinks", true);
  const std::uint32_t masters = layout.control_plane_count();
  const auto node = masters + static_cast<std::uint32_t>(hash % (layout.node_count() - masters));
  default_to(spec, "nodeName", layout.node_name(node));
}

void default_deployment(json::object& spec) {
  default_to(spec, "replicas", 1);
  default_to(spec, "revisionHistoryLimit", 10);
  default_to(spec, "progressDeadlineSeconds", 600);
  default_to(spec, "strategy",
             json::object({{"type", "RollingUpdate"},
                           {"rollingUpdate", {{"maxUnavailable", "25%"}, {"maxSurge", "25%"}}}}));
  default_template(spec, "Always");
}

void default_service(json::object& document, std::uint64_t hash) {
  json::object& spec = object_member(document, "spec");
  default_to(spec, "type", "ClusterIP");
  default_to(spec, "sessionAffinity", "None");
  if (text_member(spec, {"type"}) != "ExternalName") {
    default_to(spec, "clusterIP",
               fmt::format("10.{}.{}.{}", 104 + (hash >> 16 & 7), hash >> 8 & 255, hash & 255));
    default_to(spec, "clusterIPs", json::array({text_member(spec, {"clusterIP"})}));
    default_to(spec, "internalTrafficPolicy", "Cluster");
    default_to(spec, "ipFamilies", json::array({"IPv4"}));
    default_to(spec, "ipFamilyPolicy", "SingleStack");
  }
  if (json::value* ports = spec.if_contains("ports"); ports != nullptr && ports->is_array()) {
    for (json::value& value : ports->get_array()) {
      json::object* port = value.if_object();
      if (port == nullptr) continue;
      default_to(*port, "protocol", "TCP");
      if (const json::value* number = port->if_contains("port"))
        default_to(*port, "targetPort", json::value(*number));
    }
  }
  default_to(document, "status", json::object({{"loadBalancer", json::object()}}));
}

void default_namespace(json::object& document) {
  json::object& metadata = object_member(document, "metadata");
  const std::string name(text_member(metadata, {"name"}));
  object_member(metadata, "labels")["kubernetes.io/metadata.name"] = name;
  object_member(document, "spec")["finalizers"] = json::array({"kubernetes"});
  object_member(document, "status")["phase"] = "Active";
}

bool selector_matches_template(const json::object& document) {
  const json::value* selector = find_member(document, {"spec", "selector", "matchLabels"});
  const json::value* labels = find_member(document, {"spec", "template", "metadata", "labels"});
  if (selector == nullptr || !selector->is_object()) return true;  // by expressions, or none
  for (const auto& wanted : selector->get_object()) {
    const json::value* label =
        labels != nullptr && labels->is_object() ? labels->get_object().if_contains(wanted.key()) : nullptr;
    if (label == nullptr || *label != wanted.value()) return false;
  }
  return true;
}

}  // namespace

void apply_defaults(unsigned resource, json::object& document, const Layout& layout, std::uint64_t hash) {
  switch (resource) {
    case kNamespace:
      default_namespace(document);
      break;
    case kPod:
      default_pod(document, layout, hash);
      break;
    case kDeployment:
      default_deployment(object_member(document, "spec"));
      break;
    case kReplicaSet:
    case kStatefulSet: {
      json::object& spec = object_member(document, "spec");
      default_to(spec, "replicas", 1);
      default_template(spec, "Always");
      break;
    }
    case kDaemonSet:
      default_template(object_member(document, "spec"), "Always");
      break;
    case kJob: {
      json::object& spec = object_member(document, "spec");
      default_to(spec, "parallelism", 1);
      default_to(spec, "completions", 1);
      default_to(spec, "backoffLimit", 6);
      default_template(spec, "Never");
      break;
    }
    case kService:
      default_service(document, hash);
      break;
    default:
      break;
  }
}

std::optional<ApiError> validate(unsigned resource, const json::object& document) {
  const kube::ResourceType& type = catalog()[resource].type();
  const std::string_view name = text_member(document, {"metadata", "name"});
  if (!valid_name(name)) {
    return invalid(type.group, type.kind, name.substr(0, 253), "metadata.name",
                   "Invalid value: a lowercase RFC 1123 subdomain is needed");
  }
  const bool controller = resource == kDeployment || resource == kReplicaSet || resource == kStatefulSet ||
                          resource == kDaemonSet;
  if (controller && !selector_matches_template(document)) {
    return invalid(type.group, type.kind, name, "spec.template.metadata.labels",
                   "Invalid value: the selector does not match the template's labels");
  }
  const bool pod = resource == kPod;
  if (pod || controller || resource == kJob) {
    const json::value* containers = pod ? find_member(document, {"spec", "containers"})
                                        : find_member(document, {"spec", "template", "spec", "containers"});
    if (containers == nullptr || !containers->is_array() || containers->get_array().empty()) {
      return invalid(type.group, type.kind, name, pod ? "spec.containers" : "spec.template.spec.containers",
                     "Required value");
    }
  }
  const std::int64_t replicas = integer_member(document, {"spec", "replicas"}, 0);
  if (controller && (replicas < 0 || replicas > 1'000'000)) {
    return invalid(type.group, type.kind, name, "spec.replicas", "Invalid value: out of range");
  }
  return std::nullopt;
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  for (const char c : name) {
    // Names of RBAC objects may hold colons; that they do elsewhere does no harm here.
    if (!letter(c) && c != '-' && c != '.' && c != ':') return false;
  }
  return letter(name.front()) && letter(name.back());
}

}  // namespace kubevitals::sim
