// The columns of services, endpoints, ingresses and network policies.
#include <fmt/format.h>

#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

std::string load_balancer_addresses(JsonView status) {
  std::string text;
  for (const json::value& ingress : status["loadBalancer"]["ingress"].list()) {
    const JsonView view(ingress);
    if (!text.empty()) text += ',';
    text += view["ip"].text_or(view["hostname"].text());
  }
  return text;
}

std::string external_addresses(const json::object& service) {
  const JsonView spec = member(service, "spec");
  const std::string_view type = spec["type"].text();
  if (type == "ExternalName") return spec["externalName"].text_or(kNoneCell);
  if (type != "LoadBalancer") return join(spec["externalIPs"].list());
  std::string addresses = load_balancer_addresses(member(service, "status"));
  if (!spec["externalIPs"].list().empty()) {
    addresses += (addresses.empty() ? "" : ",") + join(spec["externalIPs"].list());
  }
  return addresses.empty() ? "<pending>" : addresses;
}

// "80:30080/TCP,443/TCP".
std::string service_ports(JsonView spec) {
  std::string text;
  for (const json::value& port : spec["ports"].list()) {
    const JsonView view(port);
    if (!text.empty()) text += ',';
    text += std::to_string(view["port"].number());
    if (view["nodePort"].number() > 0) text += fmt::format(":{}", view["nodePort"].number());
    text += "/" + view["protocol"].text_or("TCP");
  }
  return text.empty() ? std::string(kNoneCell) : text;
}

void service_cells(const json::object& service, std::int64_t now, json::array& cells) {
  const JsonView spec = member(service, "spec");
  cells.emplace_back(name_cell(service));
  cells.emplace_back(spec["type"].text_or("ClusterIP"));
  cells.emplace_back(spec["clusterIP"].text_or(kNoneCell));
  cells.emplace_back(external_addresses(service));
  cells.emplace_back(service_ports(spec));
  cells.emplace_back(age_cell(service, now));
  cells.emplace_back(labels_cell(spec["selector"]));
}

constexpr TableColumn kServiceColumns[] = {
    kNameColumn,
    {"Type", "string", "How it is exposed."},
    {"Cluster-IP", "string", "Its address within the cluster."},
    {"External-IP", "string", "Its addresses for others."},
    {"Port(s)", "string", "Its ports, each with the node's port and the protocol."},
    kAgeColumn,
    kSelectorColumn,
};

constexpr std::size_t kShown = 3;

// The first three of a longer list, and how many there are besides.
class ShortList {
 public:
  void add(std::string_view item) {
    if (count_++ >= kShown) return;
    if (!text_.empty()) text_ += ',';
    text_ += item;
  }
  std::string cell(std::string_view none) const {
    if (count_ == 0) return std::string(none);
    return count_ <= kShown ? text_ : fmt::format("{} + {} more...", text_, count_ - kShown);
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

void endpoint_slice_cells(const json::object& slice, std::int64_t now, json::array& cells) {
  ShortList ports, addresses;
  for (const json::value& port : member(slice, "ports").list()) {
    const JsonView number = JsonView(port)["port"];
    ports.add(number.exists() ? std::to_string(number.number()) : "*");
  }
  for (const json::value& endpoint : member(slice, "endpoints").list()) {
    for (const json::value& address : JsonView(endpoint)["addresses"].list())
      addresses.add(JsonView(address).text());
  }
  cells.emplace_back(name_cell(slice));
  cells.emplace_back(member(slice, "addressType").text());
  cells.emplace_back(ports.cell("<unset>"));
  cells.emplace_back(addresses.cell("<unset>"));
  cells.emplace_back(age_cell(slice, now));
}

constexpr TableColumn kEndpointSliceColumns[] = {
    kNameColumn,
    {"AddressType", "string", "What its addresses are."},
    {"Ports", "string", "Its ports."},
    {"Endpoints", "string", "Its addresses."},
    kAgeColumn,
};

void endpoints_cells(const json::object& endpoints, std::int64_t now, json::array& cells) {
  ShortList list;
  for (const json::value& item : member(endpoints, "subsets").list()) {
    const JsonView subset(item);
    for (const json::value& address : subset["addresses"].list()) {
      const std::string_view ip = JsonView(address)["ip"].text();
      if (subset["ports"].list().empty()) list.add(ip);
      for (const json::value& port : subset["ports"].list()) {
        const std::int64_t number = JsonView(port)["port"].number();
        const bool v6 = ip.find(':') != std::string_view::npos;
        list.add(v6 ? fmt::format("[{}]:{}", ip, number) : fmt::format("{}:{}", ip, number));
      }
    }
  }
  cells.emplace_back(name_cell(endpoints));
  cells.emplace_back(list.cell(kNoneCell));
  cells.emplace_back(age_cell(endpoints, now));
}

constexpr TableColumn kEndpointsColumns[] = {
    kNameColumn, {"Endpoints", "string", "Addresses and ports that are ready."}, kAgeColumn};

void ingress_cells(const json::object& ingress, std::int64_t now, json::array& cells) {
  const JsonView spec = member(ingress, "spec");
  ShortList hosts;
  for (const json::value& rule : spec["rules"].list()) {
    if (!JsonView(rule)["host"].text().empty()) hosts.add(JsonView(rule)["host"].text());
  }
  cells.emplace_back(name_cell(ingress));
  cells.emplace_back(spec["ingressClassName"].text_or(kNoneCell));
  cells.emplace_back(hosts.cell("*"));
  cells.emplace_back(load_balancer_addresses(member(ingress, "status")));
  cells.emplace_back(spec["tls"].list().empty() ? "80" : "80, 443");
  cells.emplace_back(age_cell(ingress, now));
}

constexpr TableColumn kIngressColumns[] = {
    kNameColumn,
    {"Class", "string", "The ingress class that serves it."},
    {"Hosts", "string", "Host names it is for."},
    {"Address", "string", "Where it is served."},
    {"Ports", "string", "Ports it is served on."},
    kAgeColumn,
};

void ingress_class_cells(const json::object& ingress_class, std::int64_t now, json::array& cells) {
  const JsonView spec = member(ingress_class, "spec");
  const JsonView parameters = spec["parameters"];
  std::string reference(kNoneCell);
  if (parameters.exists()) {
    const std::string_view group = parameters["apiGroup"].text();
    reference = fmt::format("{}{}{}/{}", parameters["kind"].text(), group.empty() ? "" : ".", group,
                            parameters["name"].text());
  }
  cells.emplace_back(name_cell(ingress_class));
  cells.emplace_back(spec["controller"].text());
  cells.emplace_back(reference);
  cells.emplace_back(age_cell(ingress_class, now));
}

constexpr TableColumn kIngressClassColumns[] = {
    kNameColumn,
    {"Controller", "string", "The controller that serves its ingresses."},
    {"Parameters", "string", "What configures it."},
    kAgeColumn,
};

void network_policy_cells(const json::object& policy, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(policy));
  cells.emplace_back(selector_cell(member(policy, "spec")["podSelector"]));
  cells.emplace_back(age_cell(policy, now));
}

constexpr TableColumn kNetworkPolicyColumns[] = {
    kNameColumn, {"Pod-Selector", "string", "Labels of the pods it is for."}, kAgeColumn};

}  // namespace

std::span<const TableRows> network_tables() {
  static constexpr TableRows kTables[] = {
      {"", "Service", kServiceColumns, service_cells},
      {"", "Endpoints", kEndpointsColumns, endpoints_cells},
      {"discovery.k8s.io", "EndpointSlice", kEndpointSliceColumns, endpoint_slice_cells},
      {"networking.k8s.io", "Ingress", kIngressColumns, ingress_cells},
      {"networking.k8s.io", "IngressClass", kIngressClassColumns, ingress_class_cells},
      {"networking.k8s.io", "NetworkPolicy", kNetworkPolicyColumns, network_policy_cells},
  };
  return kTables;
}

}  // namespace kubevitals::sim
