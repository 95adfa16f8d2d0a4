// Builders: objects in, targets out.
#include "discovery/kubernetes/groups.h"

#include "discovery/kubernetes/discovery_fixture.h"
#include "kube/decode_json.h"

namespace kubevitals::discovery::kubernetes {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

template <typename Object>
auto record_of(const std::string& json) {
  kube::JsonDecoder decoder;
  Object object;
  const Result<void> decoded = decoder.decode(json, object);
  EXPECT_TRUE(decoded) << json;
  BlockCache cache;
  return make_record(object, cache);
}

std::vector<std::string> shown(const TargetGroupPtr& group) {
  std::vector<std::string> targets;
  for (const LabelBlockPtr& target : group->targets)
    targets.push_back(shown_labels(target.get(), group->labels.get()));
  return targets;
}

std::vector<std::string> pod_targets(const std::string& spec, const std::string& status) {
  const std::string json =
      R"({"metadata":{"namespace":"a","name":"p"},"spec":)" + spec + R"(,"status":)" + status + "}";
  return shown(build_pod(*record_of<kube::Pod>(json), {}));
}

TEST(PodGroup, ContainersAndPorts) {
  EXPECT_THAT(pod_targets(R"({"containers":[{"name":"c"}]})", R"({"podIP":"fd00::1"})"),
              ElementsAre(HasSubstr("__address__=fd00::1 ")));
  EXPECT_THAT(
      pod_targets(R"({"containers":[{"name":"c","ports":[{"containerPort":80},{"containerPort":-1}]}],)"
                  R"("initContainers":[{"name":"i"}]})",
                  R"({"podIP":"fd00::1"})"),
      ElementsAre(HasSubstr("__address__=[fd00::1]:80 "),
                  HasSubstr("__address__=[fd00::1]:18446744073709551615 "),
                  AllOf(HasSubstr("pod_container_init=true"), HasSubstr("pod_container_name=i"))));
  EXPECT_THAT(pod_targets(R"({"containers":[]})", R"({"podIP":"1.2.3.4"})"), IsEmpty());
}

TEST(PodGroup, IdsComeFromTheStatusesOfTheirKind) {
  const auto targets =
      pod_targets(R"({"containers":[{"name":"c"}],"initContainers":[{"name":"c"}]})",
                  R"({"podIP":"1.2.3.4","containerStatuses":[{"name":"c","containerID":"x://1"}],)"
                  R"("initContainerStatuses":[{"name":"c","containerID":"x://2"}]})");
  EXPECT_THAT(targets, ElementsAre(HasSubstr("pod_container_id=x://1"), HasSubstr("pod_container_id=x://2")));
}

TEST(PodGroup, Readiness) {
  const auto with = [](const std::string& conditions) {
    return pod_targets(R"({"containers":[{}]})", R"({"podIP":"1.2.3.4","conditions":[)" + conditions + "]}");
  };
  EXPECT_THAT(with(""), ElementsAre(HasSubstr("pod_ready=unknown")));
  EXPECT_THAT(with(R"({"type":"Ready","status":"False"},{"type":"Ready","status":"True"})"),
              ElementsAre(HasSubstr("pod_ready=false")));
}

TEST(PodGroup, LabelsAreSanitised) {
  const auto pod = record_of<kube::Pod>(
      R"({"metadata":{"namespace":"a","name":"p","labels":{"app.io/x-y":"","é":"1"},"annotations":{"n":"v"}},)"
      R"("spec":{"containers":[{}]},"status":{"podIP":"1.2.3.4"}})");
  EXPECT_THAT(shown(build_pod(*pod, {})),
              ElementsAre(AllOf(HasSubstr("pod_labelpresent_app_io_x_y=true"),
                                Not(HasSubstr("pod_label_app_io")), HasSubstr("pod_label__=1 "),
                                HasSubstr("pod_annotation_n=v"), HasSubstr("pod_annotationpresent_n=true"))));
}

TEST(PodRecord, WhatPodsOfAWorkloadShareIsThereOnce) {
  const auto json = [](const std::string& name) {
    return R"({"metadata":{"namespace":"a","name":")" + name +
           R"(","labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]}})";
  };
  kube::JsonDecoder decoder;
  BlockCache cache;
  kube::Pod object;
  ASSERT_TRUE(decoder.decode(json("p"), object));
  const auto p = make_record(object, cache);
  ASSERT_TRUE(decoder.decode(json("q"), object));
  const auto q = make_record(object, cache);
  EXPECT_EQ(p->labels->parents()[0].get(), q->labels->parents()[0].get());
  EXPECT_EQ(p->ports[0].labels.get(), q->ports[0].labels.get());
  EXPECT_FALSE(p->equals(*q));
  ASSERT_TRUE(decoder.decode(json("q"), object));
  EXPECT_TRUE(q->equals(*make_record(object, cache)));
}

std::vector<std::string> service_targets(const std::string& spec, const std::string& status = "{}") {
  const std::string json =
      R"({"metadata":{"namespace":"a","name":"s"},"spec":)" + spec + R"(,"status":)" + status + "}";
  return shown(build_service(*record_of<kube::Service>(json), {}));
}

TEST(ServiceGroup, Types) {
  EXPECT_THAT(
      service_targets(
          R"({"type":"ClusterIP","clusterIP":"None","ports":[{"name":"h","port":80,"protocol":"TCP"}]})"),
      ElementsAre("__address__=s.a.svc:80 namespace=a service_cluster_ip=None service_name=s "
                  "service_port_name=h service_port_number=80 service_port_protocol=TCP "
                  "service_type=ClusterIP"));
  EXPECT_THAT(
      service_targets(
          R"({"type":"ExternalName","externalName":"e.example","clusterIP":"x","ports":[{"port":1}]})"),
      ElementsAre(AllOf(HasSubstr("service_external_name=e.example"), Not(HasSubstr("cluster_ip")))));
  const std::string balanced = R"({"type":"LoadBalancer","loadBalancerIP":"9.9.9.9","ports":[{"port":1}]})";
  EXPECT_THAT(
      service_targets(balanced,
                      R"({"loadBalancer":{"ingress":[{"ip":"1.1.1.1"},{"hostname":"h"},{"ip":"2.2.2.2"}]}})"),
      ElementsAre(HasSubstr("service_loadbalancer_ip=1.1.1.1,2.2.2.2")));
  EXPECT_THAT(service_targets(balanced, R"({"loadBalancer":{"ingress":[{"hostname":"h"}]}})"),
              ElementsAre(HasSubstr("service_loadbalancer_ip=9.9.9.9")));
  EXPECT_THAT(service_targets("{}"), IsEmpty());
}

std::vector<std::string> ingress_targets(const std::string& rules, const std::string& tls = "[]") {
  const std::string json =
      R"({"metadata":{"namespace":"a","name":"i"},"spec":{"ingressClassName":"c","rules":)" + rules +
      R"(,"tls":)" + tls + "}}";
  return shown(build_ingress(*record_of<kube::Ingress>(json), {}));
}

TEST(IngressGroup, RulesAndPaths) {
  EXPECT_THAT(
      ingress_targets(
          R"([{"host":"h","http":{"paths":[{"path":"/a"},{}]}},{"host":"i"},{"http":{"paths":[]}},{}])"),
      ElementsAre("__address__=h ingress_class_name=c ingress_host=h ingress_name=i ingress_path=/a "
                  "ingress_scheme=http namespace=a",
                  HasSubstr("ingress_path=/ "), HasSubstr("__address__=i "),
                  testing::StartsWith("ingress_class_name=c")));
}

TEST(IngressGroup, Tls) {
  const auto scheme = [](const std::string& host, const std::string& pattern) {
    const auto targets =
        ingress_targets(R"([{"host":")" + host + "\"}]", R"([{},{"hosts":[")" + pattern + "\"]}]");
    return targets.at(0).find("ingress_scheme=https") != std::string::npos;
  };
  EXPECT_TRUE(scheme("a.example", "a.example"));
  EXPECT_TRUE(scheme("a.example", "*.example"));
  EXPECT_FALSE(scheme("A.example", "a.example"));
  EXPECT_FALSE(scheme("b.a.example", "*.example"));
  EXPECT_FALSE(scheme("example", "*.example"));
  EXPECT_FALSE(scheme("a.example", "a.*"));
}

std::vector<std::string> node_targets(const std::string& status) {
  const auto node = record_of<kube::Node>(
      R"({"metadata":{"name":"n"},"spec":{"providerID":"x://1"},"status":)" + status + "}");
  const TargetGroupPtr group = build_node(*node, {});
  return group ? shown(group) : std::vector<std::string>{"nothing"};
}

TEST(NodeGroup, AddressesAndConditions) {
  EXPECT_THAT(
      node_targets(
          R"({"addresses":[{"type":"Hostname","address":"h"},{"type":"InternalIP","address":"fd00::1"},)"
          R"({"type":"InternalIP","address":"1.1.1.1"},{"type":"my.Type","address":"m"}],)"
          R"("conditions":[{"type":"My.Ready","status":"True"}]})"),
      ElementsAre(
          "__address__=[fd00::1]:0 instance=n node_address_Hostname=h node_address_InternalIP=fd00::1 "
          "node_address_my_Type=m node_condition_my_ready=true node_name=n node_provider_id=x://1"));
  EXPECT_THAT(node_targets(R"({"addresses":[{"type":"my.Type","address":"m"}]})"), ElementsAre("nothing"));
}

class EndpointGroups : public testing::Test {
 protected:
  EndpointGroups() {
    const std::string two_ports = R"([{"name":"t","containerPort":53,"protocol":"TCP"},)"
                                  R"({"name":"u","containerPort":53,"protocol":"UDP"}])";
    pods.put(0, record_of<kube::Pod>(
                    R"({"metadata":{"namespace":"a","name":"p"},"spec":{"containers":[{"name":"x","ports":)" +
                    two_ports + R"(},{"name":"y","ports":)" + two_ports +
                    R"(},{"name":"z","ports":[{"containerPort":9}]},)"
                    R"({"name":"w"}]},"status":{"podIP":"fd00::1"}})"));
    nodes.put(0, record_of<kube::Node>(R"({"metadata":{"name":"n1"}})"));
    nodes.put(1, record_of<kube::Node>(R"({"metadata":{"name":"n2"}})"));
    around.pods = &pods;
    around.services = &services;
    around.nodes = &nodes;
  }

  std::vector<std::string> slice_targets(const std::string& endpoint, const std::string& ports) {
    const auto slice =
        record_of<kube::EndpointSlice>(R"({"metadata":{"namespace":"a","name":"s"},"endpoints":[)" +
                                       endpoint + R"(],"ports":)" + ports + "}");
    return shown(build_slice(*slice, around));
  }
  std::vector<std::string> endpoints_targets(const std::string& address, const std::string& ports) {
    const auto endpoints =
        record_of<kube::Endpoints>(R"({"metadata":{"namespace":"a","name":"s"},"subsets":[{"addresses":[)" +
                                   address + R"(],"ports":)" + ports + "}]}");
    return shown(build_endpoints(*endpoints, around));
  }

  Table<PodRecord> pods;
  Table<ServiceRecord> services;
  Table<NodeRecord> nodes;
  Neighbours around;
};

TEST_F(EndpointGroups, OfEqualPortsTheFirstOfTheLastContainerCounts) {
  const std::string to_pod = R"("targetRef":{"kind":"Pod","namespace":"a","name":"p"}})";
  EXPECT_THAT(slice_targets(R"({"addresses":["1.1.1.1"],)" + to_pod, R"([{"port":53,"protocol":"UDP"}])"),
              ElementsAre(AllOf(HasSubstr("__address__=1.1.1.1:53 "), HasSubstr("pod_container_name=y"),
                                HasSubstr("port_name=t"), HasSubstr("pod_container_port_protocol=TCP")),
                          AllOf(HasSubstr("__address__=[fd00::1]:9 "), HasSubstr("pod_container_name=z"),
                                Not(HasSubstr("endpointslice_port")), Not(HasSubstr("node_name=n")))));
  EXPECT_THAT(
      endpoints_targets(R"({"ip":"1.1.1.1",)" + to_pod, R"([{"port":53,"protocol":"UDP"}])"),
      ElementsAre(AllOf(HasSubstr("pod_container_name=y"), HasSubstr("pod_container_port_protocol=UDP")),
                  HasSubstr("pod_container_name=z")));
}

TEST_F(EndpointGroups, WhichNodeIsAttached) {
  const std::string both = R"("nodeName":"n1","targetRef":{"kind":"Node","name":"n2"}})";
  EXPECT_THAT(slice_targets(R"({"addresses":["1.1.1.1"],)" + both, R"([{"port":1}])"),
              ElementsAre(HasSubstr(" node_name=n2")));
  EXPECT_THAT(endpoints_targets(R"({"ip":"1.1.1.1",)" + both, R"([{"port":1}])"),
              ElementsAre(HasSubstr(" node_name=n1")));
  EXPECT_THAT(
      endpoints_targets(R"({"ip":"1.1.1.1","targetRef":{"kind":"Node","name":"n2"}})", R"([{"port":1}])"),
      ElementsAre(HasSubstr(" node_name=n2")));
}

TEST_F(EndpointGroups, AbsentMembersOfSlicesAreAbsentLabels) {
  EXPECT_THAT(slice_targets(R"({"addresses":["fd00::2"]})", "[{}]"),
              ElementsAre("__address__=fd00::2 endpointslice_name=s namespace=a"));
  EXPECT_THAT(
      slice_targets(R"({"addresses":["1.1.1.1","1.1.1.2"],"conditions":{"ready":false},"zone":"z",)"
                    R"("hostname":"h","deprecatedTopology":{"a/b":"c"}})",
                    R"([{"port":1,"name":"","appProtocol":"http"}])"),
      ElementsAre(
          "__address__=1.1.1.1:1 endpointslice_endpoint_conditions_ready=false "
          "endpointslice_endpoint_hostname=h endpointslice_endpoint_topology_a_b=c "
          "endpointslice_endpoint_topology_present_a_b=true endpointslice_endpoint_zone=z "
          "endpointslice_name=s endpointslice_port=1 endpointslice_port_app_protocol=http namespace=a",
          HasSubstr("1.1.1.2:1")));
}

TEST_F(EndpointGroups, AReferenceWithoutNamespaceLeadsNowhere) {
  EXPECT_THAT(
      slice_targets(R"({"addresses":["1.1.1.1"],"targetRef":{"kind":"Pod","name":"p"}})", R"([{"port":53}])"),
      ElementsAre(Not(HasSubstr("pod_name"))));
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
