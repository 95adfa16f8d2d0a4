#include "discovery/consul/documents.h"

#include <gtest/gtest.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery::consul {
namespace {

std::string instances(std::string_view text, const std::string& separator = ",") {
  const auto group = parse_instances(text, {"web", "dc1", separator});
  return group ? show_group(**group) : group.error().message;
}

// The value of one label of the only target.
std::string label(std::string_view text, std::string_view name, const std::string& separator = ",") {
  const auto group = parse_instances(text, {"web", "dc1", separator});
  if (!group) return group.error().message;
  if ((*group)->targets.size() != 1) return "not one target";
  return std::string((*group)->targets[0]->find(LabelName(name)).value_or("absent"));
}

std::string health(const std::string& checks) {
  return label(R"([{"Node":{},"Service":{},"Checks":[)" + checks + "]}]", "__meta_consul_health");
}

std::string check(const std::string& id, const std::string& status) {
  return R"({"CheckID":")" + id + R"(","Status":")" + status + R"("})";
}

std::string tags(const std::string& list, const std::string& separator) {
  return label(R"([{"Node":{},"Service":{"Tags":)" + list + "}}]", "__meta_consul_tags", separator);
}

std::string services(std::string_view text) {
  const auto parsed = parse_services(text);
  if (!parsed) return parsed.error().message;
  std::string result;
  for (const auto& [name, found] : *parsed) {
    result += name + ":";
    for (const std::string& tag : found) result += tag + ",";
    result += " ";
  }
  return result;
}

std::string datacenter(std::string_view text) {
  const auto parsed = parse_datacenter(text);
  return parsed ? *parsed : parsed.error().message;
}

TEST(ConsulInstances, HaveAllLabels) {
  EXPECT_EQ(instances(R"([{
    "Node": {"Node": "n1", "Address": "10.0.0.1", "Meta": {"rack-id": "7"},
             "TaggedAddresses": {"lan": "10.0.0.1", "wan.v4": "1.2.3.4"}},
    "Service": {"ID": "web-1", "Service": "web", "Tags": ["a", "b"], "Address": "10.0.0.9", "Port": 8080,
                "Meta": {"version": "1"}, "Namespace": "ns", "Partition": "p"},
    "Checks": [{"CheckID": "serfHealth", "Status": "passing"}]}])"),
            "web: __meta_consul_dc=dc1 __meta_consul_service=web"
            " | __address__=10.0.0.9:8080 __meta_consul_address=10.0.0.1 __meta_consul_health=passing"
            " __meta_consul_metadata_rack_id=7 __meta_consul_namespace=ns __meta_consul_node=n1"
            " __meta_consul_partition=p __meta_consul_service_address=10.0.0.9"
            " __meta_consul_service_id=web-1 __meta_consul_service_metadata_version=1"
            " __meta_consul_service_port=8080 __meta_consul_tagged_address_lan=10.0.0.1"
            " __meta_consul_tagged_address_wan_v4=1.2.3.4 __meta_consul_tags=,a,b,");
}

TEST(ConsulInstances, AreAtTheirNodeWithoutAnAddressOfTheirOwn) {
  EXPECT_EQ(label(R"([{"Node":{"Address":"10.0.0.1"},"Service":{"Port":80}}])", "__address__"),
            "10.0.0.1:80");
  EXPECT_EQ(label(R"([{"Node":{"Address":"10.0.0.1"},"Service":{"Address":"fd00::1"}}])", "__address__"),
            "[fd00::1]:0");
}

TEST(ConsulInstances, HaveTagsBetweenSeparators) {
  EXPECT_EQ(tags(R"(["a"])", ","), ",a,");
  EXPECT_EQ(tags("[]", ","), ",,");
  EXPECT_EQ(tags("null", "||"), "||||");
  EXPECT_EQ(tags(R"(["a","b"])", ""), "ab");
}

TEST(ConsulInstances, AreAsHealthyAsTheirWorstCheck) {
  EXPECT_EQ(health(""), "passing");
  EXPECT_EQ(health(check("a", "passing") + "," + check("b", "warning")), "warning");
  EXPECT_EQ(health(check("a", "critical") + "," + check("b", "warning")), "critical");
  EXPECT_EQ(health(check("a", "critical") + "," + check("_node_maintenance", "critical")), "maintenance");
  EXPECT_EQ(health(check("_service_maintenance:web-1", "critical")), "maintenance");
  EXPECT_EQ(health(check("_service_maintenance", "critical")), "critical");
  EXPECT_EQ(health(check("a", "odd") + "," + check("_node_maintenance", "critical")), "");
  EXPECT_EQ(health("{}"), "");
}

TEST(ConsulInstances, MayBeNone) {
  EXPECT_EQ(instances("[]"), "web: __meta_consul_dc=dc1 __meta_consul_service=web");
  EXPECT_EQ(instances("null"), "web: __meta_consul_dc=dc1 __meta_consul_service=web");
}

TEST(ConsulInstances, AreRefusedWhenMalformed) {
  EXPECT_EQ(instances("{}"), "the document: expected a list");
  EXPECT_EQ(instances("[null]"), "an instance: expected an object");
  EXPECT_EQ(instances(R"([{"Service":{"Port":"80"}}])"), "Service.Port: expected an integer");
  EXPECT_EQ(instances(R"([{"Node":[]}])"), "Node: expected an object");
  EXPECT_TRUE(instances("[{}").starts_with("no valid JSON: "));
}

TEST(ConsulServices, AreReadWithTheirTags) {
  EXPECT_EQ(services(R"({"consul":[],"web":["a","b"],"Web":null})"), "Web: consul: web:a,b, ");
  EXPECT_EQ(services("{}"), "");
  EXPECT_EQ(services("[]"), "the document: expected an object");
  EXPECT_EQ(services(R"({"a":[1]})"), "tags: expected a string");
}

TEST(ConsulDatacenter, IsRead) {
  EXPECT_EQ(datacenter(R"({"Config":{"Datacenter":"dc1"}})"), "dc1");
  EXPECT_EQ(datacenter(R"({"Config":{"Datacenter":1}})"), "Config.Datacenter: expected a string");
  EXPECT_EQ(datacenter("{}"), "Config.Datacenter is missing");
}

}  // namespace
}  // namespace kubevitals::discovery::consul
