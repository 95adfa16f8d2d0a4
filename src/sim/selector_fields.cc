// Field selectors: the grammar of k8s.io/apimachinery/pkg/fields and the fields that the API server selects
// by.
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

Error failure(std::string_view text, std::string why) {
  return {ErrorCode::kInvalid,
          "cannot parse field selector \"" + std::string(text.substr(0, 256)) + "\": " + std::move(why)};
}

// Commas behind a backslash do not separate terms; the backslash stays.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  terms.push_back(text.substr(begin));
  return terms;
}

Result<std::string> unescape(std::string_view selector, std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ',' || value[i] == '=') {
      return failure(selector, std::string("\"") + value[i] + "\" in a value must be escaped by a backslash");
    }
    if (value[i] == '\\') {
      const char escaped = i + 1 < value.size() ? value[++i] : '\0';
      if (escaped != '\\' && escaped != ',' && escaped != '=') {
        return failure(selector, "a backslash can only stand before \"\\\", \",\" and \"=\"");
      }
    }
    text.push_back(value[i]);
  }
  return text;
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
  FieldSelector selector;
  const std::string_view supported = fields_of(kind);
  for (const std::string_view term : split_terms(text)) {
    if (term.empty()) continue;
    const std::size_t at = std::min(term.find('='), term.find("!="));
    if (at == std::string_view::npos)
      return failure(text, "\"" + std::string(term.substr(0, 128)) + "\" has no operator");
    Requirement requirement;
    requirement.equal = term[at] == '=';
    const std::string_view op = term.substr(at, 2);
    const std::size_t width = op == "!=" || op == "==" ? 2 : 1;
    requirement.field = term.substr(0, at);
    Result<std::string> value = unescape(text, term.substr(at + width));
    if (!value) return value.error();
    requirement.value = std::move(*value);
    const bool everywhere = requirement.field == "metadata.name" || requirement.field == "metadata.namespace";
    if (!everywhere && !is_listed(supported, requirement.field)) {
      return failure(text, "\"" + requirement.field.substr(0, 128) + "\" is no field by which kind " +
                               std::string(kind) + " can be selected");
    }
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool FieldSelector::matches(const json::object& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    return (field_text(object, requirement.field) == requirement.value) == requirement.equal;
  });
}

const std::string* FieldSelector::required(std::string_view field) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.equal && requirement.field == field) return &requirement.value;
  }
  return nullptr;
}

}  // namespace kubevitals::sim
