#include "discovery/host_port.h"
#include "discovery/json_fields.h"
#include "discovery/target_group.h"
#include "discovery/zookeeper/member.h"

namespace kubevitals::discovery::zookeeper {

Result<LabelBlockPtr> parse_nerve_member(std::string_view data, const std::string& path) {
  const Result<json::value> document = parse_json_document(data);
  if (!document) return document.error();
  std::string problem;
  JsonFields member(*document, "", problem);
  std::string host;
  std::string name;
  std::int64_t number = 0;
  member.read("host", host);
  member.read("port", number);
  member.read("name", name);
  if (!problem.empty()) return Error{ErrorCode::kInvalid, problem};

  const std::string port = std::to_string(number);
  LabelBlockBuilder labels;
  labels.add(address_label(), join_host_port(host, port));
  labels.add("__meta_nerve_path", path);
  labels.add("__meta_nerve_endpoint_host", host);
  labels.add("__meta_nerve_endpoint_port", port);
  labels.add("__meta_nerve_endpoint_name", name);
  return labels.build();
}

}  // namespace kubevitals::discovery::zookeeper
