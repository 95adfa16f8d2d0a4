#include "discovery/consul/documents.h"

#include <memory>
#include <utility>

#include "discovery/host_port.h"
#include "discovery/json_fields.h"

namespace kubevitals::discovery::consul {
namespace {

using Texts = std::map<std::string, std::string>;

// How the worst check of an instance stands. A check with a state that is not known makes it unknown, except
// after one of maintenance in name.
std::string health_of(std::vector<JsonFields> checks) {
  bool maintenance = false;
  bool warning = false;
  bool critical = false;
  for (JsonFields& check : checks) {
    std::string id;
    std::string status;
    check.read("CheckID", id);
    check.read("Status", status);
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) {
      maintenance = true;
    } else if (status == "warning") {
      warning = true;
    } else if (status == "critical") {
      critical = true;
    } else if (status != "passing") {
      return {};
    }
  }
  if (maintenance) return "maintenance";
  if (critical) return "critical";
  return warning ? "warning" : "passing";
}

std::string joined(const std::vector<std::string>& tags, const std::string& separator) {
  std::string text = separator;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (i > 0) text += separator;
    text += tags[i];
  }
  return text + separator;
}

void add_all(LabelBlockBuilder& labels, const std::string& prefix, const Texts& texts) {
  for (const auto& [key, value] : texts) labels.add(prefix + sanitize_label_name(key), value);
}

LabelBlockPtr target_of(JsonFields& instance, const ServiceContext& context) {
  JsonFields node = instance.object("Node");
  std::string node_name;
  std::string node_address;
  Texts node_meta;
  Texts tagged_addresses;
  node.read("Node", node_name);
  node.read("Address", node_address);
  node.read("Meta", node_meta);
  node.read("TaggedAddresses", tagged_addresses);

  JsonFields service = instance.object("Service");
  std::string id;
  std::string address;
  std::string name_space;
  std::string partition;
  std::int64_t port = 0;
  std::vector<std::string> tags;
  Texts service_meta;
  service.read("ID", id);
  service.read("Address", address);
  service.read("Namespace", name_space);
  service.read("Partition", partition);
  service.read("Port", port);
  service.read("Tags", tags);
  service.read("Meta", service_meta);

  const std::string port_text = std::to_string(port);
  LabelBlockBuilder labels;
  // A service may be registered through a node that it does not run on.
  labels.add(address_label(), join_host_port(address.empty() ? node_address : address, port_text));
  labels.add("__meta_consul_address", node_address);
  labels.add("__meta_consul_node", node_name);
  labels.add("__meta_consul_namespace", name_space);
  labels.add("__meta_consul_partition", partition);
  labels.add("__meta_consul_tags", joined(tags, context.tag_separator));
  labels.add("__meta_consul_service_address", address);
  labels.add("__meta_consul_service_port", port_text);
  labels.add("__meta_consul_service_id", id);
  labels.add("__meta_consul_health", health_of(instance.list("Checks")));
  add_all(labels, "__meta_consul_metadata_", node_meta);
  add_all(labels, "__meta_consul_service_metadata_", service_meta);
  add_all(labels, "__meta_consul_tagged_address_", tagged_addresses);
  return labels.build();
}

}  // namespace

Result<std::string> parse_datacenter(std::string_view text) {
  const Result<json::value> document = parse_json_document(text);
  if (!document) return document.error();
  std::string problem;
  std::string datacenter;
  JsonFields(*document, "", problem).object("Config").read("Datacenter", datacenter);
  if (problem.empty() && datacenter.empty()) problem = "Config.Datacenter is missing";
  if (!problem.empty()) return Error{ErrorCode::kInvalid, problem};
  return datacenter;
}

Result<std::map<std::string, std::vector<std::string>>> parse_services(std::string_view text) {
  const Result<json::value> document = parse_json_document(text);
  if (!document) return document.error();
  const json::object* members = document->if_object();
  if (members == nullptr) return Error{ErrorCode::kInvalid, "the document: expected an object"};
  std::map<std::string, std::vector<std::string>> services;
  std::string problem;
  for (const auto& member : *members) {
    // By its own name alone: other services may differ from it by case.
    std::vector<std::string>& tags = services[std::string(member.key().data(), member.key().size())];
    const json::value one = json::object{{"tags", member.value()}};
    JsonFields(one, "", problem).read("tags", tags);
  }
  if (!problem.empty()) return Error{ErrorCode::kInvalid, problem};
  return services;
}

Result<TargetGroupPtr> parse_instances(std::string_view text, const ServiceContext& context) {
  const Result<json::value> document = parse_json_document(text);
  if (!document) return document.error();
  const json::array* instances = document->if_array();
  if (instances == nullptr && !document->is_null()) {
    return Error{ErrorCode::kInvalid, "the document: expected a list"};
  }
  auto group = std::make_shared<TargetGroup>();
  group->source = context.service;
  LabelBlockBuilder labels;
  labels.add("__meta_consul_service", context.service);
  labels.add("__meta_consul_dc", context.datacenter);
  group->labels = labels.build();
  std::string problem;
  for (std::size_t i = 0; instances != nullptr && i < instances->size() && problem.empty(); ++i) {
    const json::value& value = (*instances)[i];
    if (!value.is_object()) problem = "an instance: expected an object";
    JsonFields instance(value, "", problem);
    group->targets.push_back(target_of(instance, context));
  }
  if (!problem.empty()) return Error{ErrorCode::kInvalid, problem};
  return TargetGroupPtr(std::move(group));
}

}  // namespace kubevitals::discovery::consul
