#include "kube/kubeconfig_fields.h"

#include <yaml-cpp/yaml.h>

#include "base/base64.h"

namespace kubevitals::kube {

void Complaint::add(const YAML::Node& node, const std::string& cause) {
  const YAML::Mark mark = node.IsDefined() ? node.Mark() : YAML::Mark::null_mark();
  add(mark.is_null() ? cause : "line " + std::to_string(mark.line + 1) + ": " + cause);
}

void Complaint::add(const std::string& cause) {
  if (cause_.empty()) cause_ = cause;
}

YAML::Node member(const YAML::Node& map, const char* key) {
  if (!map.IsDefined() || !map.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  const YAML::Node value = map[key];  // on a const node, which does not add the key
  return value.IsDefined() ? value : YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node Fields::get(const char* key) const {
  YAML::Node value = member(map_, key);
  return value.IsDefined() && value.IsNull() ? YAML::Node(YAML::NodeType::Undefined) : value;
}

std::string Fields::text(const char* key) const {
  const YAML::Node value = get(key);
  if (!value.IsDefined()) return "";
  if (value.IsScalar()) return value.Scalar();
  complain(key, " is not a text");
  return "";
}

bool Fields::flag(const char* key) const {
  const YAML::Node value = get(key);
  bool flag = false;
  if (value.IsDefined() && !YAML::convert<bool>::decode(value, flag))
    complain(key, " is neither true nor false");
  return flag;
}

std::string Fields::data(const char* key) const {
  std::optional<std::string> decoded = decode_base64(text(key));
  if (decoded) return std::move(*decoded);
  complain(key, " is not base64");
  return "";
}

std::vector<std::string> Fields::texts(const char* key) const {
  std::vector<std::string> texts;
  const YAML::Node values = get(key);
  if (!values.IsDefined()) return texts;
  bool good = values.IsSequence();
  for (std::size_t i = 0; good && i < values.size(); ++i) {
    const YAML::Node value = values[i];
    good = value.IsScalar();
    if (good) texts.push_back(value.Scalar());
  }
  if (!good) complain(key, " is not a list of texts");
  return texts;
}

std::vector<Fields> Fields::list(const char* key) const {
  std::vector<Fields> list;
  const YAML::Node values = get(key);
  if (!values.IsDefined()) return list;
  bool good = values.IsSequence();
  for (std::size_t i = 0; good && i < values.size(); ++i) {
    const YAML::Node value = values[i];
    good = value.IsMap();
    list.emplace_back(value, complaint_);
  }
  if (!good) {
    complain(key, " is not a list of mappings");
    list.clear();
  }
  return list;
}

Fields Fields::mapping(const char* key) const {
  YAML::Node value = get(key);
  if (value.IsDefined() && !value.IsMap()) {
    complain(key, " is not a mapping");
    value = YAML::Node(YAML::NodeType::Undefined);
  }
  return {value, complaint_};
}

}  // namespace kubevitals::kube
