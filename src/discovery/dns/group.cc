#include "discovery/dns/group.h"

#include <memory>
#include <string>

#include "discovery/host_port.h"

namespace kubevitals::discovery::dns {
namespace {

std::string_view without_final_dots(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

LabelBlockPtr target_of(std::string_view name, const Record& record, std::int64_t port) {
  const bool srv = record.type == RecordType::kSrv;
  const bool mx = record.type == RecordType::kMx;
  const bool ns = record.type == RecordType::kNs;
  const std::string record_port = std::to_string(record.port);
  const std::string_view host =
      srv || mx || ns ? without_final_dots(record.target) : std::string_view(record.target);
  LabelBlockBuilder labels;
  labels.add(address_label(), join_host_port(host, srv ? record_port : std::to_string(port)));
  labels.add("__meta_dns_name", name);
  labels.add("__meta_dns_srv_record_target", srv ? record.target : "");
  labels.add("__meta_dns_srv_record_port", srv ? record_port : "");
  labels.add("__meta_dns_mx_record_target", mx ? record.target : "");
  labels.add("__meta_dns_ns_record_target", ns ? record.target : "");
  return labels.build();
}

}  // namespace

TargetGroupPtr group_of(std::string_view name, std::span<const Record> records, std::int64_t port) {
  auto group = std::make_shared<TargetGroup>();
  group->source = name;
  for (const Record& record : records) group->targets.push_back(target_of(name, record, port));
  return group;
}

}  // namespace kubevitals::discovery::dns
