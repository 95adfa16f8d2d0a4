// Discovery live: what is said when the cluster changes.
#include "discovery/kubernetes/discoverer.h"

#include "discovery/kubernetes/discovery_fixture.h"

namespace kubevitals::discovery::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string pod_json(const std::string& name, const std::string& ip, const std::string& more_spec = "",
                     const std::string& more_metadata = "") {
  return R"({"kind":"Pod","metadata":{"namespace":"a","name":")" + name + "\"" + more_metadata +
         R"(},"spec":{"nodeName":"n1","containers":[{"name":"web","image":"i","ports":[{"name":"http","containerPort":80,)"
         R"("protocol":"TCP"}]}])" +
         more_spec + R"(},"status":{"podIP":")" + ip + R"(","phase":"Running"}})";
}

std::string node_json(const std::string& name, const std::string& zone, const std::string& ip = "10.0.0.1") {
  return R"({"kind":"Node","metadata":{"name":")" + name + R"(","labels":{"zone":")" + zone +
         R"("}},"status":{"addresses":[)" +
         (ip.empty() ? "" : R"({"type":"InternalIP","address":")" + ip + "\"}") +
         R"(],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})";
}

std::string service_json(const std::string& name, const std::string& team,
                         const std::string& more_spec = "") {
  return R"({"kind":"Service","metadata":{"namespace":"a","name":")" + name + R"(","labels":{"team":")" +
         team + R"("}},"spec":{"ports":[{"port":80}])" + more_spec + "}}";
}

std::string slice_json(const std::string& name, const std::string& pod, const std::string& type = "IPv4") {
  return R"({"kind":"EndpointSlice","metadata":{"namespace":"a","name":")" + name +
         R"(","labels":{"kubernetes.io/service-name":"s"}},"addressType":")" + type +
         R"(","endpoints":[{"addresses":["10.1.0.1"],"nodeName":"n1","targetRef":{"kind":"Pod","namespace":"a","name":")" +
         pod + R"("}}],"ports":[{"port":80}]})";
}

std::string endpoints_json(const std::string& ready, const std::string& not_ready) {
  const auto address = [](const std::string& pod) {
    return R"([{"ip":"10.1.0.1","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"a","name":")" + pod +
           R"("}}])";
  };
  return R"({"kind":"Endpoints","metadata":{"namespace":"a","name":"s"},"subsets":[{"addresses":)" +
         (ready.empty() ? "[]" : address(ready)) + R"(,"notReadyAddresses":)" +
         (not_ready.empty() ? "[]" : address(not_ready)) + R"(,"ports":[{"port":80,"protocol":"UDP"}]}]})";
}

using KubernetesDiscovery = KubernetesTest;

TEST_F(KubernetesDiscovery, PodsComeChangeAndGo) {
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods = start("role: pod");
  EXPECT_THAT(
      pods.keeper.targets(),
      ElementsAre("__address__=10.1.0.1:80 namespace=a pod_container_image=i pod_container_init=false "
                  "pod_container_name=web pod_container_port_name=http pod_container_port_number=80 "
                  "pod_container_port_protocol=TCP pod_ip=10.1.0.1 pod_name=p pod_node_name=n1 "
                  "pod_phase=Running pod_ready=unknown pod_uid=uid-101"));
  api.put(pod_json("q", ""));
  run(20ms);
  pods.keeper.take();
  api.put(pod_json("q", "10.1.0.2"));
  api.put(pod_json("p", ""));
  run(20ms);
  EXPECT_THAT(pods.keeper.take(), ElementsAre("+pod/a/q", "-pod/a/p"));
  api.remove("Pod", "a", "q");
  run(20ms);
  EXPECT_THAT(pods.keeper.take(), ElementsAre("-pod/a/q"));
  EXPECT_THAT(pods.keeper.targets(), IsEmpty());
}

TEST_F(KubernetesDiscovery, TheFirstAnswerComesEvenWhenThereIsNothing) {
  RunningDiscovery& pods = start("role: pod");
  EXPECT_EQ(pods.keeper.updates, 1);
  EXPECT_THAT(pods.keeper.take(), IsEmpty());
}

TEST_F(KubernetesDiscovery, NothingIsSaidOfWhatDidNotChange) {
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods = start("role: pod");
  const int before = pods.keeper.updates;
  api.put(pod_json("p", "10.1.0.1"));
  run(20ms);
  EXPECT_EQ(pods.keeper.updates, before);
}

TEST_F(KubernetesDiscovery, APodThatIsCreatedAgainStays) {
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods = start("role: pod");
  api.remove("Pod", "a", "p");
  api.put(pod_json("x", "10.1.0.9"));  // takes the slot
  api.put(pod_json("p", "10.1.0.2"));
  run(20ms);
  EXPECT_EQ(pods.keeper.groups.size(), 2u);
  EXPECT_THAT(pods.keeper.targets_of("pod/a/p"), ElementsAre(HasSubstr("10.1.0.2")));
  api.remove("Pod", "a", "p");
  api.put(pod_json("p", ""));  // without an address: as if it were gone
  run(20ms);
  EXPECT_EQ(pods.keeper.groups.count("pod/a/p"), 0u);
}

TEST_F(KubernetesDiscovery, ManyChangesAreOneUpdate) {
  RunningDiscovery& pods = start("role: pod");
  const int before = pods.keeper.updates;
  for (int i = 0; i < 100; ++i) api.put(pod_json("p" + std::to_string(i), "10.1.0.1"));
  run(20ms);
  EXPECT_EQ(pods.keeper.updates, before + 1);
  EXPECT_EQ(pods.keeper.groups.size(), 100u);
}

TEST_F(KubernetesDiscovery, AttachedNodesHidePodsWithoutOne) {
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods = start("{role: pod, attach_metadata: {node: true}}");
  EXPECT_THAT(pods.keeper.targets(), IsEmpty());
  api.put(node_json("n1", "east"));
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(),
              ElementsAre(HasSubstr("node_label_zone=east node_labelpresent_zone=true node_name=n1")));
  api.put(node_json("n1", "west"));
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(), ElementsAre(HasSubstr("node_label_zone=west")));
  api.remove("Node", "", "n1");
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(), IsEmpty());
}

TEST_F(KubernetesDiscovery, OwnersOfPods) {
  const auto owned = [](const std::string& kind, const std::string& name) {
    return R"(,"ownerReferences":[{"kind":"Other","name":"o"},{"kind":")" + kind + R"(","name":")" + name +
           R"(","controller":true}])";
  };
  api.put(pod_json("p", "10.1.0.1", "", owned("ReplicaSet", "rs")));
  api.put(pod_json("q", "10.1.0.2", "", owned("Job", "j")));
  RunningDiscovery& pods =
      start("{role: pod, attach_metadata: {deployment: true, job: true, cronjob: true}}");
  EXPECT_THAT(pods.keeper.targets(),
              ElementsAre(testing::Not(HasSubstr("deployment")),
                          testing::AllOf(HasSubstr("pod_controller_kind=Job pod_controller_name=j pod_ip"),
                                         HasSubstr("pod_job_name=j"))));
  api.put(R"({"kind":"ReplicaSet","metadata":{"namespace":"a","name":"rs",)"
          R"("ownerReferences":[{"kind":"Deployment","name":"d","controller":true}]}})");
  api.put(R"({"kind":"Job","metadata":{"namespace":"a","name":"j",)"
          R"("ownerReferences":[{"kind":"CronJob","name":"c","controller":true}]}})");
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(),
              ElementsAre(HasSubstr("pod_deployment_name=d"), HasSubstr("pod_cronjob_name=c")));
  api.remove("ReplicaSet", "a", "rs");
  run(20ms);
  EXPECT_THAT(pods.keeper.take(), testing::Contains("+pod/a/p"));
  EXPECT_THAT(pods.keeper.targets_of("pod/a/p"), ElementsAre(testing::Not(HasSubstr("deployment"))));
}

TEST_F(KubernetesDiscovery, OnlyUpdatesOfNamespacesCount) {
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods = start("{role: pod, attach_metadata: {namespace: true}}");
  const auto ns = [](const std::string& team) {
    return R"({"kind":"Namespace","metadata":{"name":"a","labels":{"team":")" + team + "\"}}}";
  };
  api.put(ns("x"));
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(), ElementsAre(testing::Not(HasSubstr("namespace_label"))));
  api.put(ns("y"));
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(), ElementsAre(HasSubstr("namespace_label_team=y")));
  api.remove("Namespace", "", "a");
  run(20ms);
  EXPECT_THAT(pods.keeper.targets(), ElementsAre(HasSubstr("namespace_label_team=y")));
}

TEST_F(KubernetesDiscovery, SlicesFollowServicesAndNodesButNotPods) {
  api.put(slice_json("s-1", "p"));
  RunningDiscovery& slices = start("{role: endpointslice, attach_metadata: {node: true}}");
  EXPECT_THAT(slices.keeper.targets(), ElementsAre(testing::Not(HasSubstr("pod_name"))));
  api.put(pod_json("p", "10.1.0.1"));
  run(20ms);
  EXPECT_THAT(slices.keeper.targets(), ElementsAre(testing::Not(HasSubstr("pod_name"))));
  api.put(service_json("s", "x"));
  run(20ms);
  EXPECT_THAT(slices.keeper.targets(),
              ElementsAre(testing::AllOf(HasSubstr("service_label_team=x"), HasSubstr("pod_name=p"))));
  api.put(node_json("n1", "east"));
  run(20ms);
  EXPECT_THAT(slices.keeper.targets(), ElementsAre(HasSubstr("node_label_zone=east")));
  api.remove("Service", "a", "s");
  run(20ms);
  EXPECT_THAT(slices.keeper.targets(), ElementsAre(testing::Not(HasSubstr("service_label_team"))));
}

TEST_F(KubernetesDiscovery, SlicesOfTheSecondFamilyAreEmpty) {
  api.put(slice_json("s-4", "p"));
  api.put(slice_json("s-6", "p", "IPv6"));
  api.put(service_json("s", "x", R"(,"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"])"));
  RunningDiscovery& slices = start("role: endpointslice");
  EXPECT_THAT(slices.keeper.take(), ElementsAre("+endpointslice/a/s-6"));
  api.remove("Service", "a", "s");
  run(20ms);
  EXPECT_THAT(slices.keeper.take(), ElementsAre("+endpointslice/a/s-4", "+endpointslice/a/s-6"));
}

TEST_F(KubernetesDiscovery, EndpointsFollowPhasesOfReadyPodsOnly) {
  const auto phase = [&](const std::string& name, const std::string& text) {
    boost::json::object pod = FakeObjects::parse(pod_json(name, "10.1.0.1"));
    pod["status"].as_object()["phase"] = text;
    api.put(pod);
    run(20ms);
  };
  phase("p", "Pending");
  phase("q", "Pending");
  api.put(endpoints_json("p", "q"));
  RunningDiscovery& endpoints = start("role: endpoints");
  EXPECT_THAT(endpoints.keeper.targets(),
              ElementsAre(testing::AllOf(HasSubstr("endpoint_ready=true"), HasSubstr("pod_name=p"),
                                         HasSubstr("pod_container_port_protocol=UDP")),
                          testing::AllOf(HasSubstr("endpoint_ready=false"), HasSubstr("pod_name=q"))));
  endpoints.keeper.take();
  api.put(pod_json("p", "10.1.0.7"));  // the phase changes, too
  run(20ms);
  EXPECT_THAT(endpoints.keeper.take(), ElementsAre("+endpoints/a/s"));
  phase("q", "Running");
  EXPECT_THAT(endpoints.keeper.take(), IsEmpty());
  api.remove("Pod", "a", "p");
  run(20ms);
  EXPECT_THAT(endpoints.keeper.take(), IsEmpty());
}

TEST_F(KubernetesDiscovery, ANodeWithoutAddressKeepsItsTarget) {
  api.put(node_json("n1", "east"));
  RunningDiscovery& nodes = start("role: node");
  EXPECT_THAT(nodes.keeper.targets(),
              ElementsAre("__address__=10.0.0.1:10250 instance=n1 node_address_InternalIP=10.0.0.1 "
                          "node_label_zone=east node_labelpresent_zone=true node_name=n1"));
  nodes.keeper.take();
  api.put(node_json("n1", "west", ""));
  run(20ms);
  EXPECT_THAT(nodes.keeper.take(), IsEmpty());
  api.remove("Node", "", "n1");
  run(20ms);
  EXPECT_THAT(nodes.keeper.take(), ElementsAre("-node/n1"));
}

TEST_F(KubernetesDiscovery, AForbiddenResourceIsNamedAndWaitedFor) {
  api.put(slice_json("s-1", "p"));
  api.refuse("services", 403);
  RunningDiscovery& slices = start("role: endpointslice");
  run(400ms);
  EXPECT_EQ(slices.keeper.updates, 0);
  const auto said = slices.keeper.take();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0],
              testing::AllOf(HasSubstr("failed: cannot list services"), HasSubstr("403"),
                             HasSubstr("services in all namespaces"), HasSubstr("the verbs list and watch")));
  EXPECT_THAT(slices.discoverer->why_absent({address_label(), "10.1.0.1:80"}),
              testing::Contains(HasSubstr("403")));
  EXPECT_GE(metrics.metric("prometheus_sd_kubernetes_failures_total")->value(), 1);
  api.refuse("services", 200);
  run(60s);
  EXPECT_THAT(slices.keeper.take(), ElementsAre("+endpointslice/a/s-1", "recovered"));
}

TEST_F(KubernetesDiscovery, OneForbiddenNamespaceKeepsNoOtherWaiting) {
  api.put(pod_json("p", "10.1.0.1"));
  transport.fallback = [this](const kube::fake::Request& request) {
    const bool of_b = request.request.path.find("/namespaces/b/") != std::string::npos;
    api.refuse("pods", of_b ? 403 : 200);
    return api.answer(request);
  };
  RunningDiscovery& pods = start("{role: pod, namespaces: {names: [a, b, a]}}");
  run(400ms);
  EXPECT_THAT(pods.keeper.take(), ElementsAre("+pod/a/p", HasSubstr("in namespace b")));
  EXPECT_THAT(pods.discoverer->why_absent({LabelName("__meta_kubernetes_namespace"), "c"}),
              testing::Contains("namespace c is not among the configured ones"));
}

TEST_F(KubernetesDiscovery, AfterAnOutageOnlyDifferencesAreSaid) {
  api.put(pod_json("p", "10.1.0.1"));
  api.put(pod_json("q", "10.1.0.2"));
  RunningDiscovery& pods = start("role: pod");
  pods.keeper.take();
  api.refuse("pods", 410);
  api.cut_watches();
  run(1s);
  api.remove("Pod", "a", "p");
  api.put(pod_json("r", "10.1.0.3"));
  api.refuse("pods", 200);
  run(60s);
  const auto said = pods.keeper.take();
  EXPECT_THAT(said, testing::IsSupersetOf({"+pod/a/r", "-pod/a/p"}));
  EXPECT_THAT(said, testing::Not(testing::Contains("+pod/a/q")));
}

TEST_F(KubernetesDiscovery, EqualScopesAreWatchedOnce) {
  api.put(pod_json("p", "10.1.0.1"));
  start("role: pod");
  start("{role: pod, attach_metadata: {node: true}}");
  RunningDiscovery& last = start("role: pod");
  EXPECT_EQ(transport.requests.size(), 2u);  // pods and nodes
  EXPECT_THAT(last.keeper.targets(), ElementsAre(HasSubstr("pod_name=p")));
  for (const auto& discovery : running) stop(*discovery);
  EXPECT_THAT(clusters.stats(), IsEmpty());
}

TEST_F(KubernetesDiscovery, SelectorsGoToTheApiServer) {
  api.put(node_json("n1", "east"));
  api.put(pod_json("p", "10.1.0.1"));
  RunningDiscovery& pods =
      start("{role: pod, attach_metadata: {node: true}, selectors: [{role: node, label: zone=west}]}");
  EXPECT_THAT(pods.keeper.targets(), IsEmpty());
  api.put(node_json("n1", "west"));
  run(20ms);
  EXPECT_EQ(pods.keeper.groups.size(), 1u);
}

TEST_F(KubernetesDiscovery, Explains) {
  api.put(pod_json("p", ""));
  api.put(pod_json("q", "10.1.0.2"));
  api.put(service_json("s", "x"));
  RunningDiscovery& pods = start("{role: pod, attach_metadata: {node: true}}");
  const auto why = [](RunningDiscovery& discovery, const char* label, const char* value) {
    return discovery.discoverer->why_absent({LabelName(label), value});
  };
  EXPECT_THAT(why(pods, "__meta_kubernetes_pod_name", "p"),
              ElementsAre("pod a/p is there but has no IP yet (phase Running)"));
  EXPECT_THAT(why(pods, "__address__", "10.1.0.2:80"),
              ElementsAre(HasSubstr("node \"n1\" of pod a/q is unknown")));
  api.put(node_json("n1", "east", ""));
  run(20ms);
  EXPECT_THAT(why(pods, "__address__", "10.1.0.2:81"), ElementsAre(HasSubstr("declares the port 81")));
  EXPECT_THAT(why(pods, "__address__", "10.9.9.9"), IsEmpty());
  RunningDiscovery& slices = start("role: endpointslice");
  EXPECT_THAT(why(slices, "__meta_kubernetes_pod_name", "q"),
              ElementsAre("pod a/q is there, but no endpoints refer to it"));
  RunningDiscovery& nodes = start("role: node");
  EXPECT_THAT(why(nodes, "__meta_kubernetes_node_name", "n1"), ElementsAre("node n1 has no address"));
}

TEST_F(KubernetesDiscovery, CountsEvents) {
  const auto count = [this](const char* role, const char* event) {
    return metrics.metric("prometheus_sd_kubernetes_events_total", {role, event})->value();
  };
  EXPECT_EQ(count("ingress", "delete"), 0);
  api.put(pod_json("p", "10.1.0.1"));
  start("role: pod");
  api.put(pod_json("p", "10.1.0.2"));
  run(20ms);
  api.remove("Pod", "a", "p");
  run(20ms);
  EXPECT_EQ(count("pod", "add"), 1);
  EXPECT_EQ(count("pod", "update"), 1);
  EXPECT_EQ(count("pod", "delete"), 1);
}

TEST_F(KubernetesDiscovery, EndsAtAnyMoment) {
  for (int i = 0; i < 50; ++i) api.put(pod_json("p" + std::to_string(i), "10.1.0.1"));
  for (const auto after : {0ms, 1ms, 4ms, 5ms, 6ms, 20ms}) {
    DiscovererContext with{
        context.get_executor(), context.get_executor(), clock, metrics, &clusters, {}, 0, false};
    RunningDiscovery pods(context,
                          make_kubernetes_discoverer(options_of("role: pod"), std::nullopt, {}, with));
    run(after);
    stop(pods);
  }
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
