#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/rfc3339.h"
#include "sim/kubelet/requests.h"
#include "sim/kubelet/wave.h"
#include "sim/life.h"
#include "sim/stored_document.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

ClusterOptions options() {
  ClusterOptions result;
  result.pods = 300;
  result.nodes = 10;
  result.kubelet_network = 0x7f800000;
  return result;
}

std::int64_t seconds_of(const json::value& text) {
  const Result<UnixTime> time = parse_rfc3339(std::string_view(text.as_string()));
  EXPECT_TRUE(time) << text;
  return time ? time->seconds : 0;
}

class KubeletTest : public testing::Test {
 protected:
  net::ServerResponse ask(std::uint32_t node, std::string method, std::string path, std::string body = {}) {
    net::ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    return answer_kubelet_request(meter, *cluster, node, request);
  }
  std::string text(std::uint32_t node, std::string method, std::string path, std::string body = {}) {
    const net::ServerResponse response = ask(node, std::move(method), std::move(path), std::move(body));
    EXPECT_EQ(response.status, 200);
    return std::get<std::string>(response.body);
  }
  json::object summary(std::uint32_t node) {
    return json::parse(text(node, "GET", "/stats/summary")).as_object();
  }
  std::vector<Version> all_pods() const { return cluster->list(kPod, std::nullopt)->versions; }

  std::shared_ptr<Cluster> cluster = std::make_shared<Cluster>(options());
  NodeMeter meter{cluster};
};

// By "namespace/name", and "namespace/name/container".
std::map<std::string, json::object> by_name(const json::object& summary) {
  std::map<std::string, json::object> found;
  for (const json::value& pod : summary.at("pods").as_array()) {
    const json::object& ref = pod.at("podRef").as_object();
    const std::string key =
        std::string(ref.at("namespace").as_string()) + "/" + std::string(ref.at("name").as_string());
    found[key] = pod.as_object();
    for (const json::value& container : pod.at("containers").as_array()) {
      found[key + "/" + std::string(container.at("name").as_string())] = container.as_object();
    }
  }
  return found;
}

std::int64_t number(const json::object& object, std::initializer_list<std::string_view> path) {
  return integer_member(object, path, -1);
}

TEST(Wave, TheIntegralIsThatOfTheCurve) {
  const Wave wave(0.25, 77);
  double sum = 0;
  for (int i = 0; i < 40'000; ++i) {
    const double value = wave.at(-5000 + (i + 0.5) * 0.25);
    EXPECT_GT(value, 0.09);
    EXPECT_LT(value, 0.41);
    sum += value * 0.25;
  }
  EXPECT_NEAR(wave.integral(-5000, 5000), sum, 1e-6 * sum);
  EXPECT_NEAR(wave.integral(5000, -5000), -sum, 1e-6 * sum);
}

TEST_F(KubeletTest, KnowsThePodsOfItsNodeWhateverHappens) {
  for (int round = 0; round < 5; ++round) {
    std::map<std::uint32_t, std::set<std::string>> expected;
    for (const Version& pod : all_pods()) {
      if (pod.number != kNone) expected[pod.number].insert(key_of(cluster->layout(), kPod, pod));
    }
    for (std::uint32_t node = 0; node < 10; ++node) {
      std::set<std::string> found;
      for (const Version& pod : cluster->node_view(node).pods) {
        EXPECT_TRUE(found.insert(key_of(cluster->layout(), kPod, pod)).second);
      }
      EXPECT_EQ(found, expected[node]);
    }
    cluster->churn(500);
    cluster->advance(3);
  }
}

TEST_F(KubeletTest, ReportsThePodsAndContainersThatRunAsTheirStatusHasThem) {
  cluster->churn(300);
  cluster->advance(60);
  cluster->advance(20);
  cluster->advance(20);  // replacements start, and are measured too
  std::size_t reported = 0;
  for (std::uint32_t node = 0; node < 10; ++node) {
    const std::map<std::string, json::object> found = by_name(summary(node));
    std::set<std::string> expected;
    for (const Version& version : all_pods()) {
      if (version.number != node) continue;
      const json::object pod = render(cluster->layout(), kPod, version, {});
      const std::string key = key_of(cluster->layout(), kPod, version);
      const json::value* statuses = find_member(pod, {"status", "containerStatuses"});
      if (statuses == nullptr) continue;
      for (const json::value& status : statuses->as_array()) {
        const std::string name(status.at("name").as_string());
        const json::value* running = find_member(status.as_object(), {"state", "running"});
        if (running == nullptr) continue;
        expected.insert(key);
        expected.insert(key + "/" + name);
        ASSERT_TRUE(found.contains(key + "/" + name)) << key << " " << name;
        EXPECT_EQ(found.at(key + "/" + name).at("startTime"), running->at("startedAt"));
        EXPECT_EQ(found.at(key).at("podRef").at("uid"), pod.at("metadata").at("uid"));
        EXPECT_EQ(found.at(key).at("startTime"), pod.at("status").at("startTime"));
      }
    }
    EXPECT_EQ(found.size(), expected.size());
    reported += found.size();
  }
  EXPECT_GT(reported, 600u);
}

TEST_F(KubeletTest, CountersAreTheIntegralsOfTheRates) {
  const json::object first = summary(3);
  cluster->advance(60);
  const json::object second = summary(3);
  const std::map<std::string, json::object> before = by_name(first), after = by_name(second);
  ASSERT_GT(before.size(), 20u);
  for (const auto& [name, now] : after) {
    const json::object& then = before.at(name);
    const std::int64_t seconds = seconds_of(now.at("cpu").at("time")) - seconds_of(then.at("cpu").at("time"));
    EXPECT_GE(seconds, 40);
    const double nanos = static_cast<double>(number(now, {"cpu", "usageCoreNanoSeconds"}) -
                                             number(then, {"cpu", "usageCoreNanoSeconds"}));
    const auto rate = static_cast<double>(number(now, {"cpu", "usageNanoCores"}));
    EXPECT_GT(nanos, 0) << name;
    // The curve is smooth: within a minute it does not go far.
    EXPECT_NEAR(nanos / static_cast<double>(seconds) / rate, 1, 0.6) << name;
    EXPECT_GE(number(now, {"memory", "pageFaults"}), number(then, {"memory", "pageFaults"}));
    EXPECT_LE(number(now, {"memory", "workingSetBytes"}), number(now, {"memory", "usageBytes"}));
  }
  EXPECT_GT(number(second, {"node", "cpu", "usageCoreNanoSeconds"}),
            number(first, {"node", "cpu", "usageCoreNanoSeconds"}));
  EXPECT_GT(number(second, {"node", "network", "rxBytes"}), number(first, {"node", "network", "rxBytes"}));
}

TEST_F(KubeletTest, TheNodeIsTheSumOfItsPodsAndTheSystem) {
  const NodeUsage node = meter.measure(2);
  std::uint64_t memory = 0;
  std::uint64_t parts = 0;
  std::uint64_t rates = 0;
  for (const PodUsage& pod : node.pods) {
    std::uint64_t containers = 0;
    for (const ContainerUsage& container : pod.containers) containers += container.load.working_set;
    EXPECT_EQ(pod.load.working_set, containers);
    memory += containers;
    rates += pod.load.cpu_rate;
  }
  for (const SystemUsage& system : node.system) {
    parts += system.load.working_set;
    if (system.name == "pods") {
      EXPECT_EQ(system.load.working_set, memory);
      // Pods are measured each at its own time.
      EXPECT_NEAR(static_cast<double>(system.load.cpu_rate) / static_cast<double>(rates), 1, 0.1);
    }
  }
  EXPECT_GT(node.load.working_set, parts);
  EXPECT_LT(node.load.working_set, node.memory_bytes);
  EXPECT_LT(node.load.cpu_rate, 32'000'000'000u);
}

TEST_F(KubeletTest, TheNodesCountersGoOnWhenItsPodsLeave) {
  NodeUsage before = meter.measure(4);
  for (int i = 0; i < 20; ++i) {
    cluster->churn(100);
    cluster->advance(20);
    const NodeUsage now = meter.measure(4);
    EXPECT_GT(now.load.cpu_nanos, before.load.cpu_nanos);
    EXPECT_GE(now.load.page_faults, before.load.page_faults);
    EXPECT_GT(now.traffic.rx_bytes, before.traffic.rx_bytes);
    before = now;
  }
}

TEST_F(KubeletTest, ARestartedContainerBeginsAnewAndItsPodGoesOn) {
  std::optional<Version> pod;
  for (const Version& version : all_pods()) {
    if (version.state == State::kNormal && version.restarts == 0 && version.number == 5) pod = version;
  }
  ASSERT_TRUE(pod);
  const std::string key = key_of(cluster->layout(), kPod, *pod);
  const std::map<std::string, json::object> before = by_name(summary(5));
  cluster->modify([&](Store&, Life& life) {
    life.controllers().set_pod_state(key, State::kNormal, 1);
    return 0;
  });
  cluster->advance(30);
  const std::map<std::string, json::object> after = by_name(summary(5));
  const std::string container = key + "/app";
  EXPECT_LT(number(after.at(container), {"cpu", "usageCoreNanoSeconds"}),
            number(before.at(container), {"cpu", "usageCoreNanoSeconds"}));
  EXPECT_GT(seconds_of(after.at(container).at("startTime")),
            seconds_of(before.at(container).at("startTime")));
  EXPECT_GT(number(after.at(key), {"cpu", "usageCoreNanoSeconds"}),
            number(before.at(key), {"cpu", "usageCoreNanoSeconds"}));
}

TEST_F(KubeletTest, AResetLetsEverythingBeginAnew) {
  const json::object before = summary(1);
  meter.reset(1);
  cluster->advance(20);
  const json::object after = summary(1);
  const std::map<std::string, json::object> then = by_name(before), now = by_name(after);
  EXPECT_EQ(now.size(), then.size());
  for (const auto& [name, object] : now) {
    EXPECT_LT(number(object, {"cpu", "usageCoreNanoSeconds"}),
              number(then.at(name), {"cpu", "usageCoreNanoSeconds"}));
    EXPECT_GT(seconds_of(object.at("startTime")), seconds_of(then.at(name).at("startTime")));
  }
  EXPECT_LT(number(after, {"node", "cpu", "usageCoreNanoSeconds"}),
            number(before, {"node", "cpu", "usageCoreNanoSeconds"}));
}

TEST_F(KubeletTest, AllAnswersTellOfTheSameMeasurement) {
  const NodeUsage usage = meter.measure(6);
  const std::string metrics = text(6, "GET", "/metrics/resource");
  EXPECT_THAT(metrics, HasSubstr("# TYPE container_cpu_usage_seconds_total counter\n"));
  EXPECT_THAT(metrics, HasSubstr("# TYPE pod_memory_working_set_bytes gauge\n"));
  EXPECT_THAT(metrics, EndsWith("resource_scrape_error 0\n"));
  const json::object classic =
      json::parse(text(6, "POST", "/stats/container/", R"({"subcontainers": true, "num_stats": 1})"))
          .as_object();
  EXPECT_TRUE(classic.contains("/kubelet"));
  std::size_t pauses = 0;
  std::map<std::string, std::int64_t> totals;
  for (const auto& entry : classic) {
    const json::value* labels = find_member(entry.value().as_object(), {"spec", "labels"});
    if (labels == nullptr) continue;
    const std::string_view name = labels->at("io.kubernetes.container.name").as_string();
    pauses += name == "POD";
    const std::string key = std::string(labels->at("io.kubernetes.pod.namespace").as_string()) + "/" +
                            std::string(labels->at("io.kubernetes.pod.name").as_string()) + "/" +
                            std::string(name);
    totals[key] = entry.value().at("stats").at(0).at("cpu").at("usage").at("total").to_number<std::int64_t>();
  }
  EXPECT_EQ(pauses, usage.pods.size());
  for (const auto& [name, object] : by_name(summary(6))) {
    if (!object.contains("rootfs")) continue;
    EXPECT_EQ(totals[name], number(object, {"cpu", "usageCoreNanoSeconds"}));
  }
  const PodUsage& pod = usage.pods.front();
  EXPECT_THAT(metrics, HasSubstr(fmt::format("pod_memory_working_set_bytes{{namespace=\"{}\",pod=\"{}\"}} ",
                                             pod.ns, pod.name)));
}

TEST_F(KubeletTest, FormerMeasurementsAreThoseOfThen) {
  cluster->advance(30);
  const std::string then = summary_text(meter.measure(7), 0, false);
  cluster->advance(300);
  EXPECT_NE(summary_text(meter.measure(7), 0, false), then);
  EXPECT_EQ(summary_text(meter.measure(7, 30), 0, true), summary_text(meter.measure(7, 30), 0, true));
  const NodeUsage again = meter.measure(7, 30);
  EXPECT_LE(again.time, 30);
  EXPECT_EQ(summary_text(again, 0, false).size(), then.size());
}

TEST_F(KubeletTest, AnswersLikeTheRealOne) {
  const std::string all = text(0, "GET", "/stats/summary/");
  EXPECT_THAT(all, StartsWith("{\n \"node\": {\n  \"nodeName\": \"control-plane-1\",\n"));
  net::ServerRequest brief;
  brief.method = "GET";
  brief.path = "/stats/summary";
  brief.query = {{"only_cpu_and_memory", "true"}};
  const net::ServerResponse less = answer_kubelet_request(meter, *cluster, 0, brief);
  EXPECT_THAT(std::get<std::string>(less.body), testing::Not(HasSubstr("rootfs")));
  EXPECT_EQ(text(0, "GET", "/healthz"), "ok");
  EXPECT_EQ(ask(0, "GET", "/stats/container/").status, 405);
  EXPECT_EQ(ask(0, "GET", "/nothing").status, 404);
  EXPECT_EQ(ask(0, "POST", "/stats/container/", "[1").status, 400);
  EXPECT_EQ(ask(0, "POST", "/stats/container/", R"({"containerName": "/docker"})").status, 404);
}

TEST_F(KubeletTest, AStoredPodIsReportedToo) {
  const std::string document = R"({"metadata": {"name": "mine", "namespace": "default", "uid": "u-1"},
      "spec": {"nodeName": "worker-0003", "volumes": 5,
               "containers": [{"name": "a\"b", "resources": {"requests": {"cpu": "2"}}}, 7]}})";
  cluster->modify([&](Store&, Life& life) {
    Version version;
    set_document(version, json::parse(document).as_object());
    life.controllers().create(kPod, version);
    return 0;
  });
  cluster->advance(2);
  cluster->advance(30);
  const std::uint32_t node = node_number(cluster->layout(), "worker-0003");
  EXPECT_TRUE(by_name(summary(node)).contains("default/mine/a\"b"));
  EXPECT_THAT(
      text(node, "GET", "/metrics/resource"),
      HasSubstr(R"(container_cpu_usage_seconds_total{container="a\"b",namespace="default",pod="mine"} )"));
}

TEST(Kubelets, TheNodesObjectsShowThem) {
  const Layout layout(options());
  EXPECT_EQ(layout.node_address(0), "127.128.0.1");
  EXPECT_EQ(layout.node_address(9), "127.128.0.10");
  const Layout without(ClusterOptions{});
  EXPECT_EQ(without.node_address(0), "10.0.0.1");
}

}  // namespace
}  // namespace kubevitals::sim
