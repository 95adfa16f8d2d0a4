#include "discovery/host_port.h"
#include "discovery/json_fields.h"
#include "discovery/target_group.h"
#include "discovery/zookeeper/member.h"

namespace kubevitals::discovery::zookeeper {
namespace {

struct Endpoint {
  explicit Endpoint(JsonFields fields) {
    std::int64_t number = 0;
    fields.read("host", host);
    fields.read("port", number);
    port = std::to_string(number);
  }
  std::string host;
  std::string port;
};

}  // namespace

Result<LabelBlockPtr> parse_serverset_member(std::string_view data, const std::string& path) {
  const Result<json::value> document = parse_json_document(data);
  if (!document) return document.error();
  std::string problem;
  JsonFields member(*document, "", problem);
  const Endpoint service(member.object("serviceEndpoint"));
  std::string status;
  std::int64_t shard = 0;
  member.read("status", status);
  member.read("shard", shard);

  LabelBlockBuilder labels;
  labels.add(address_label(), join_host_port(service.host, service.port));
  labels.add("__meta_serverset_path", path);
  labels.add("__meta_serverset_endpoint_host", service.host);
  labels.add("__meta_serverset_endpoint_port", service.port);
  for (auto& [name, fields] : member.objects("additionalEndpoints")) {
    const Endpoint endpoint(fields);
    const std::string clean = sanitize_label_name(name);
    labels.add("__meta_serverset_endpoint_host_" + clean, endpoint.host);
    labels.add("__meta_serverset_endpoint_port_" + clean, endpoint.port);
  }
  labels.add("__meta_serverset_status", status);
  labels.add("__meta_serverset_shard", std::to_string(shard));
  if (!problem.empty()) return Error{ErrorCode::kInvalid, problem};
  return labels.build();
}

}  // namespace kubevitals::discovery::zookeeper
