// What objects have in the labels and fields that the API server selects by.
#include <algorithm>
#include <optional>

#include "sim/selector.h"

namespace kubevitals::sim {
namespace {

struct KindFields {
  std::string_view kind;
  std::string_view fields;  // separated by blanks; besides metadata.name and metadata.namespace
};

// The field label conversions of the kinds (k8s.io/kubernetes/pkg/apis/*/v1/conversion.go). A field that is
// missing in an object counts as its zero value: "", "false", "0".
constexpr KindFields kKindFields[] = {
    {"Pod",
     "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork "
     "status.phase "
     "status.podIP status.podIPs status.nominatedNodeName"},
    {"Node", "spec.unschedulable"},
    {"Namespace", "status.phase"},
    {"Service", "spec.clusterIP spec.type"},
    {"Secret", "type"},
    {"ReplicationController", "status.replicas"},
    {"ReplicaSet", "status.replicas"},
    {"Job", "status.successful"},
    {"CertificateSigningRequest", "spec.signerName"},
    {"Event",
     "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid "
     "involvedObject.apiVersion "
     "involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type"},
};

std::string_view fields_of(std::string_view kind) {
  for (const KindFields& row : kKindFields) {
    if (row.kind == kind) return row.fields;
  }
  return {};
}

bool is_listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t blank = std::min(list.find(' '), list.size());
    if (list.substr(0, blank) == word) return true;
    list.remove_prefix(std::min(blank + 1, list.size()));
  }
  return false;
}

const json::value* member_at(const json::object& object, std::string_view path) {
  const json::object* at = &object;
  while (true) {
    const std::size_t dot = path.find('.');
    const json::value* found = at->if_contains(path.substr(0, dot));
    if (found == nullptr || dot == std::string_view::npos) return found;
    at = found->if_object();
    if (at == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

std::string text_of(const json::value* value, std::string_view field) {
  if (value != nullptr) {
    if (const json::string* text = value->if_string()) return std::string(text->data(), text->size());
    if (value->is_bool()) return value->get_bool() ? "true" : "false";
    if (value->is_int64()) return std::to_string(value->get_int64());
  }
  if (field == "spec.hostNetwork" || field == "spec.unschedulable") return "false";
  if (field == "status.replicas" || field == "status.successful") return "0";
  return {};
}

// What the object has in a field that a selector may name.
std::string field_text(const json::object& object, std::string_view field) {
  if (field == "source") {
    // The component of an event, in whichever of its two places.
    std::string component = text_of(member_at(object, "source.component"), field);
    return component.empty() ? text_of(member_at(object, "reportingComponent"), field) : component;
  }
  if (field == "status.successful") return text_of(member_at(object, "status.succeeded"), field);
  if (field == "status.podIPs") field = "status.podIP";
  return text_of(member_at(object, field), field);
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(std::string_view text, std::string_view kind) {
  Result<kube::FieldSelector> parsed = kube::FieldSelector::parse(text);
  if (!parsed) return parsed.error();
  const std::string_view supported = fields_of(kind);
  for (const kube::FieldSelector::Requirement& requirement : parsed->requirements()) {
    const bool everywhere = requirement.field == "metadata.name" || requirement.field == "metadata.namespace";
    if (!everywhere && !is_listed(supported, requirement.field)) {
      return kube::FieldSelector::failure(text, "\"" + requirement.field.substr(0, 128) +
                                                    "\" is no field by which kind " + std::string(kind) +
                                                    " can be selected");
    }
  }
  FieldSelector selector;
  selector.parsed_ = std::move(*parsed);
  return selector;
}

bool FieldSelector::matches(const json::object& object) const {
  return std::ranges::all_of(
      parsed_.requirements(), [&](const kube::FieldSelector::Requirement& requirement) {
        return (field_text(object, requirement.field) == requirement.value) == requirement.equal;
      });
}

const std::string* FieldSelector::required(std::string_view field) const {
  for (const kube::FieldSelector::Requirement& requirement : parsed_.requirements()) {
    if (requirement.equal && requirement.field == field) return &requirement.value;
  }
  return nullptr;
}

bool LabelSelector::matches(const json::object& object) const {
  if (parsed_.empty()) return true;
  const json::value* metadata = object.if_contains("metadata");
  const json::value* found =
      metadata != nullptr && metadata->is_object() ? metadata->get_object().if_contains("labels") : nullptr;
  const json::object* labels = found != nullptr ? found->if_object() : nullptr;
  return parsed_.matches([labels](std::string_view name) -> std::optional<std::string_view> {
    const json::value* label = labels != nullptr ? labels->if_contains(name) : nullptr;
    if (label == nullptr || !label->is_string()) return std::nullopt;
    return std::string_view(label->get_string().data(), label->get_string().size());
  });
}

}  // namespace kubevitals::sim
