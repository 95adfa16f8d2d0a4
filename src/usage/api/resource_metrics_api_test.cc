#include "usage/api/resource_metrics_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/system_executor.hpp>
#include <boost/json.hpp>
#include <regex>
#include <sstream>

#include "base/rfc3339.h"
#include "base/virtual_clock.h"
#include "kube/yaml_json.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;

class ResourceMetricsApiTest : public testing::Test {
 protected:
  ResourceMetricsApiTest() {
    sources_.store = &store_;
    sources_.directory = &cluster_.directory();
    sources_.clock = &clock_;
    sources_.trouble = [this](std::string_view) { return trouble_; };
  }

  void fill() {
    cluster_.add_node("n1");
    cluster_.add_node("n2");
    cluster_.add_pod("b", "web-1", "n1", {"a", "c"});
    cluster_.add_pod("a", "web-2", "n1", {"a"});
    cluster_.add_pod("a", "db-1", "n1", {"a"});
    cluster_.add_pod("a", "lost-1", "n3", {"a"});
    for (const std::int64_t time : {60, 119}) {
      TestScrape one{"n1", time, {"", {}, 0.25 * static_cast<double>(time), 1 << 20}, {}};
      const auto cpu = static_cast<double>(time);
      one.pods.push_back({"b", "web-1", {{"a", {}, cpu, 2048}, {"c", {}, 0.1 * cpu, 1000}}});
      one.pods.push_back({"a", "web-2", {{"a", {}, 0.001 * cpu, 1}}});
      if (time == 119) one.pods.push_back({"a", "db-1", {{"a", {}, 1, 1}}});
      store_.put(cluster_.scrape(one));
    }
  }

  std::string ask(const std::string& target, net::Headers headers = {}) {
    const ResourceMetricsApi api(sources_, asio::system_executor());
    std::optional<net::ServerResponse> response = api.answer(get_request(target, std::move(headers)));
    if (!response) return "none";
    type_ = response->headers.find("Content-Type").value_or("");
    const std::string status = response->status == 200 ? "" : std::to_string(response->status) + " ";
    return status + body_of(std::move(*response));
  }

  VirtualClock clock_;
  TestCluster cluster_;
  UsageStore store_{clock_, 60s};
  ResourceMetricsSources sources_;
  std::string trouble_;
  std::string type_;
};

const std::string kRoot = "/apis/metrics.k8s.io/v1beta1";
constexpr char kCreated[] = R"("creationTimestamp":"2017-07-14T02:40:00Z")";
const std::string kWeb1 =
    R"({"name":"web-1","namespace":"b",)" + std::string(kCreated) + R"(,"labels":{"app":"web"}})";
const std::string kWeb2 =
    R"({"name":"web-2","namespace":"a",)" + std::string(kCreated) + R"(,"labels":{"app":"web"}})";
constexpr char kTimes[] = R"("timestamp":"2026-01-01T00:01:59Z","window":"59s",)";

TEST_F(ResourceMetricsApiTest, Nodes) {
  fill();
  const std::string object = R"("metadata":{"name":"n1",)" + std::string(kCreated) +
                             R"(,"labels":{"zone":"a"}},)" + kTimes +
                             R"("usage":{"cpu":"250m","memory":"1Mi"}})";
  EXPECT_EQ(ask(kRoot + "/nodes"),
            R"({"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{)" +
                object + "]}\n");
  EXPECT_EQ(type_, "application/json");
  EXPECT_EQ(ask(kRoot + "/nodes/n1"),
            R"({"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1beta1",)" + object + "\n");
}

TEST_F(ResourceMetricsApiTest, PodsInTheOrderOfTheirNames) {
  fill();
  const std::string web2 = R"({"metadata":)" + kWeb2 + "," + kTimes +
                           R"("containers":[{"name":"a","usage":{"cpu":"1m","memory":"1"}}]})";
  const std::string web1 = R"("metadata":)" + kWeb1 + "," + kTimes +
                           R"("containers":[{"name":"a","usage":{"cpu":"1","memory":"2Ki"}},)"
                           R"({"name":"c","usage":{"cpu":"100m","memory":"1k"}}]})";
  const std::string head =
      R"({"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[)";
  EXPECT_EQ(ask(kRoot + "/pods"), head + web2 + ",{" + web1 + "]}\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/a/pods"), head + web2 + "]}\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/none/pods"), head + "]}\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/b/pods/web-1"),
            R"({"kind":"PodMetrics","apiVersion":"metrics.k8s.io/v1beta1",)" + web1 + "\n");
}

TEST_F(ResourceMetricsApiTest, Selectors) {
  fill();
  const auto names = [&](const std::string& query) {
    const std::string text = ask(kRoot + "/pods?" + query);
    std::string found;
    for (const std::string name : {"web-1", "web-2", "db-1"}) {
      if (text.find("\"name\":\"" + name + "\"") != text.npos) found.append(name).append(" ");
    }
    return found;
  };
  EXPECT_EQ(names("limit=1&continue=x"), "web-1 web-2 ");
  EXPECT_EQ(names("labelSelector=app%3Dweb"), "web-1 web-2 ");
  EXPECT_EQ(names("labelSelector=app%21%3Dweb"), "");
  EXPECT_EQ(names("fieldSelector=metadata.name%3Dweb-2"), "web-2 ");
  EXPECT_EQ(names("fieldSelector=metadata.namespace%21%3Da"), "web-1 ");
  EXPECT_EQ(names("fieldSelector=metadata.namespace%3Da,metadata.name%3Dweb-1"), "");
  EXPECT_EQ(
      ask(kRoot + "/pods?fieldSelector=spec.nodeName%3Dn1"),
      R"(400 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
      R"("cannot parse field selector \"spec.nodeName=n1\": \"spec.nodeName\" is neither metadata.name nor )"
      R"(metadata.namespace","reason":"BadRequest","code":400})"
      "\n");
  EXPECT_TRUE(ask(kRoot + "/nodes?labelSelector=a+b").starts_with("400 "));
  EXPECT_NE(ask(kRoot + "/nodes?labelSelector=zone%3Da").find("\"n1\""), std::string::npos);
  EXPECT_EQ(ask(kRoot + "/nodes?labelSelector=zone%3Db").find("\"n1\""), std::string::npos);
}

TEST_F(ResourceMetricsApiTest, Discovery) {
  const std::string group =
      R"("name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}],)"
      R"("preferredVersion":{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}})";
  EXPECT_EQ(ask("/apis/metrics.k8s.io"), R"({"kind":"APIGroup","apiVersion":"v1",)" + group + "\n");
  EXPECT_EQ(ask("/apis/"), R"({"kind":"APIGroupList","apiVersion":"v1","groups":[{)" + group + "]}\n");
  EXPECT_NE(ask(kRoot).find(R"("name":"pods","singularName":"","namespaced":true)"), std::string::npos);
  for (const std::string path : {"/apis/x", "/apis/metrics/v1beta1/nodes", "/apis/metrics.k8s.iox", "/"}) {
    EXPECT_EQ(ask(path), "none") << path;
  }
  for (const std::string path : {"/v1", "/v1alpha1", "/v1beta1/x", "/v1beta1/pods/p", "/v1beta1/namespaces/x",
                                 "/v1beta1/namespaces/x/nodes", "/v1beta1/nodes/n/x"}) {
    EXPECT_EQ(
        ask("/apis/metrics.k8s.io" + path),
        R"(404 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
        R"("the server could not find the requested resource","reason":"NotFound","details":{},"code":404})"
        "\n")
        << path;
  }
}

TEST_F(ResourceMetricsApiTest, WhatIsMissingSaysWhy) {
  fill();
  const auto message = [&](const std::string& path) {
    const std::string text = ask(kRoot + path);
    EXPECT_TRUE(text.starts_with("404 ")) << text;
    const std::size_t begin = text.find(R"("message":")") + 11;
    return text.substr(begin, text.find(R"(","reason":"NotFound")") - begin);
  };
  EXPECT_EQ(message("/nodes/x"), R"(node \"x\" not found)");
  EXPECT_EQ(message("/namespaces/a/pods/x"), R"(pods \"x\" not found)");
  const std::string later = " not found: metrics not available yet: ";
  EXPECT_EQ(message("/nodes/n2"),
            R"(nodemetrics.metrics.k8s.io \"n2\")" + later + "node n2 was not scraped yet");
  EXPECT_EQ(message("/namespaces/a/pods/db-1"), R"(podmetrics.metrics.k8s.io \"a/db-1\")" + later +
                                                    "the next scrape of node n1 will show the CPU of a");
  EXPECT_EQ(message("/namespaces/a/pods/lost-1"),
            R"(podmetrics.metrics.k8s.io \"a/lost-1\")" + later + "node n3 was not scraped yet");
  cluster_.add_pod("a", "new-1", "", {"a"}, "Pending");
  EXPECT_EQ(message("/namespaces/a/pods/new-1"), R"(pods \"new-1\" not found)");
  cluster_.add_pod("a", "idle-1", "n1", {"a"});
  EXPECT_EQ(message("/namespaces/a/pods/idle-1"),
            R"(podmetrics.metrics.k8s.io \"a/idle-1\")" + later +
                "node n1 does not report CPU and memory of all containers of the pod");
  trouble_ = "node n2 was not scraped since 02:40: connection refused";
  EXPECT_EQ(message("/nodes/n2"), R"(nodemetrics.metrics.k8s.io \"n2\")" + later + trouble_);
  EXPECT_EQ(message("/namespaces/a/pods/lost-1"),
            R"(podmetrics.metrics.k8s.io \"a/lost-1\")" + later + trouble_);
}

TEST_F(ResourceMetricsApiTest, Tables) {
  fill();
  const net::Headers kubectl{{"Accept",
                              "application/json;as=Table;v=v1;g=meta.k8s.io,"
                              "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"}};
  const std::string head =
      R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[)"
      R"({"name":"Name","type":"string","format":"name","description":"Name of the resource","priority":0},)"
      R"({"name":"cpu","type":"string","format":"quantity","description":"","priority":0},)"
      R"({"name":"memory","type":"string","format":"quantity","description":"","priority":0},)"
      R"({"name":"Window","type":"string","format":"duration","description":"","priority":0}],"rows":[)";
  const std::string meta =
      R"("object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":)";
  EXPECT_EQ(ask(kRoot + "/namespaces/b/pods", kubectl),
            head + R"({"cells":["web-1","1100m","3048","59s"],)" + meta + kWeb1 + "}}]}\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/b/pods/web-1?includeObject=None", kubectl),
            head + R"({"cells":["web-1","1100m","3048","59s"]}]})" + "\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/none/pods", kubectl), head + "]}\n");
  EXPECT_NE(ask(kRoot + "/nodes?includeObject=Object", kubectl)
                .find(R"(["n1","250m","1Mi","59s"],"object":{"kind":"NodeMetrics",)"),
            std::string::npos);
}

TEST_F(ResourceMetricsApiTest, OlderTables) {
  fill();
  const std::string text =
      ask(kRoot + "/namespaces/b/pods", {{"Accept", "application/json;as=Table;v=v1beta1;g=meta.k8s.io"}});
  EXPECT_TRUE(text.starts_with(R"({"kind":"Table","apiVersion":"meta.k8s.io/v1beta1",)")) << text;
  EXPECT_NE(text.find(R"("object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1",)"),
            std::string::npos);
}

TEST_F(ResourceMetricsApiTest, MetadataAlone) {
  fill();
  const auto accept = [](const std::string& kind, const std::string& version) {
    return net::Headers{{"Accept", "application/json;as=" + kind + ";g=meta.k8s.io;v=" + version}};
  };
  const auto object = [](const std::string& version) {
    return R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)" + version + R"(","metadata":)" +
           kWeb1 + "}";
  };
  EXPECT_EQ(ask(kRoot + "/namespaces/b/pods", accept("PartialObjectMetadataList", "v1")),
            R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"items":[)" +
                object("v1") + "]}\n");
  EXPECT_EQ(ask(kRoot + "/namespaces/b/pods/web-1", accept("PartialObjectMetadata", "v1beta1")),
            object("v1beta1") + "\n");
  EXPECT_TRUE(ask(kRoot + "/pods", accept("PartialObjectMetadata", "v1")).starts_with("406 "));
}

TEST_F(ResourceMetricsApiTest, Yaml) {
  fill();
  const net::Headers accept{{"Accept", "application/yaml"}};
  const std::string members = R"("metadata":
    "name": "n1"
    "creationTimestamp": "2017-07-14T02:40:00Z"
    "labels":
      "zone": "a"
  "timestamp": "2026-01-01T00:01:59Z"
  "window": "59s"
  "usage":
    "cpu": "250m"
    "memory": "1Mi"
)";
  const auto head = [](const std::string& kind) {
    return "\"kind\": \"" + kind + "\"\n\"apiVersion\": \"metrics.k8s.io/v1beta1\"\n";
  };
  EXPECT_EQ(ask(kRoot + "/nodes/n1", accept),
            head("NodeMetrics") + std::regex_replace(members, std::regex("\n  "), "\n"));
  EXPECT_EQ(type_, "application/yaml");
  EXPECT_EQ(ask(kRoot + "/nodes", accept), head("NodeMetricsList") + "\"metadata\": {}\n\"items\":\n  - " +
                                               std::regex_replace(members, std::regex("\n(?=.)"), "\n  "));
  EXPECT_TRUE(ask(kRoot + "/namespaces/none/pods", accept).ends_with("\n\"items\": []\n"));
}

TEST_F(ResourceMetricsApiTest, YamlSaysWhatJsonSays) {
  fill();
  for (const std::string shape : {"", ";as=Table;v=v1;g=meta.k8s.io"}) {
    std::istringstream yaml(ask(kRoot + "/pods", {{"Accept", "application/yaml" + shape}}));
    std::string json;
    const auto append = [&json](std::string_view piece) {
      json.append(piece);
      return true;
    };
    ASSERT_TRUE(kube::convert_yaml_to_json(yaml, append));
    EXPECT_EQ(boost::json::parse(json),
              boost::json::parse(ask(kRoot + "/pods", {{"Accept", "application/json" + shape}})));
  }
}

TEST_F(ResourceMetricsApiTest, OnlyPodsThatRunAreKnown) {
  fill();
  for (const std::string phase : {"Pending", "Succeeded", "Failed", "Unknown", ""}) {
    cluster_.add_pod("a", "web-2", "n1", {"a"}, phase);
    EXPECT_EQ(ask(kRoot + "/namespaces/a/pods").find("web-2"), std::string::npos) << phase;
    const std::string text = ask(kRoot + "/namespaces/a/pods/web-2");
    EXPECT_TRUE(text.starts_with("404 ")) << phase;
    EXPECT_NE(text.find(R"("message":"pods \"web-2\" not found")"), std::string::npos) << phase;
    EXPECT_NE(ask("/apis/metrics/v1alpha1/namespaces/a/pods").find("web-2"), std::string::npos) << phase;
    EXPECT_FALSE(ask("/apis/metrics/v1alpha1/namespaces/a/pods/web-2").starts_with("404 ")) << phase;
  }
  cluster_.add_pod("a", "web-2", "n1", {"a"});
  EXPECT_NE(ask(kRoot + "/namespaces/a/pods").find("web-2"), std::string::npos);
}

TEST_F(ResourceMetricsApiTest, ListsCannotBeWatched) {
  fill();
  for (const std::string flag :
       {"watch", "watch=", "watch=1", "watch=true", "watch=TRUE", "watch=t", "watch=no"}) {
    EXPECT_EQ(ask(kRoot + "/pods?" + flag),
              R"(405 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
              R"("watch is not supported on resources of kind \"pods.metrics.k8s.io\"","reason":)"
              R"("MethodNotAllowed","details":{"group":"metrics.k8s.io","kind":"pods"},"code":405})"
              "\n")
        << flag;
    EXPECT_TRUE(ask(kRoot + "/nodes?" + flag).starts_with("405 ")) << flag;
    EXPECT_TRUE(ask(kRoot + "/nodes/n1?" + flag).starts_with("{\"kind\":\"NodeMetrics\"")) << flag;
  }
  for (const std::string flag : {"watch=0", "watch=false", "watch=False", "x=watch"}) {
    EXPECT_TRUE(ask(kRoot + "/pods?" + flag).starts_with("{\"kind\"")) << flag;
  }
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    text.append({kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return text;
}

TEST_F(ResourceMetricsApiTest, Protobuf) {
  fill();
  const net::Headers accept{{"Accept", "application/vnd.kubernetes.protobuf,application/json"}};
  const std::string node = ask(kRoot + "/nodes/n1", accept);
  EXPECT_EQ(type_, "application/vnd.kubernetes.protobuf");
  // By the wire format: "k8s\0", then runtime.Unknown {typeMeta {apiVersion, kind}, raw, contentEncoding,
  // contentType}; raw is NodeMetrics {metadata {name, creationTimestamp, labels}, timestamp, window, usage}.
  EXPECT_EQ(hex(node),
            "6b3873000a250a166d6574726963732e6b38732e696f2f76316265746131120b4e6f64654d65747269637312"
            "4a0a170a026e3142060880dea0cb055a090a047a6f6e65120161120608f7f2d6ca061a0708809cb2e5db0122"
            "0d0a0363707512060a043235306d220f0a066d656d6f727912050a03314d691a002200");
  const std::string pods = ask(kRoot + "/pods", accept);
  EXPECT_NE(pods.find("PodMetricsList"), std::string::npos);
  EXPECT_NE(hex(pods).find("221f0a0161120b0a0363707512040a02316d120d0a066d656d6f727912030a0131"),
            std::string::npos)
      << hex(pods);
}

TEST_F(ResourceMetricsApiTest, Negotiation) {
  fill();
  EXPECT_TRUE(ask(kRoot + "/nodes/n1", {{"Accept", "*/*"}}).starts_with("{\"kind\""));
  EXPECT_TRUE(
      ask(kRoot + "/nodes/n1", {{"Accept", "text/html, application/*;q=0.8"}}).starts_with("{\"kind\""));
  EXPECT_TRUE(ask(kRoot + "/nodes", {{"Accept", "application/cbor"}}).starts_with("406 "));
  EXPECT_TRUE(ask(kRoot + "/nodes/n1", {{"Accept", "application/json;as=Other;v=v1;g=meta.k8s.io"}})
                  .starts_with("406 "));
  EXPECT_TRUE(ask(kRoot + "/nodes/n1", {{"User-Agent", "curl/8"}}).starts_with("{\n  \"kind\""));
  EXPECT_TRUE(ask(kRoot + "/nodes?pretty=true").ends_with("\n  ]\n}"));
  EXPECT_TRUE(ask(kRoot + "/nodes?pretty=false", {{"User-Agent", "curl/8"}}).ends_with("]}\n"));
  EXPECT_TRUE(ask(kRoot + "/nodes", {{"Accept", "application/json;pretty=1"}}).ends_with("\n  ]\n}"));
}

TEST_F(ResourceMetricsApiTest, HeapstersShape) {
  fill();
  const std::string expected = R"({
  "metadata": {
   "name": "web-2",
   "namespace": "a",
   "creationTimestamp": "2017-07-14T02:40:00Z"
  },
  "timestamp": "2026-01-01T00:01:59Z",
  "window": "59s",
  "containers": [
   {
    "name": "a",
    "usage": {
     "cpu": "1m",
     "memory": "1"
    }
   }
  ]
 })";
  for (const std::string root : {"/apis/metrics/v1alpha1", "/apis/metrics.k8s.io/v1alpha1"}) {
    EXPECT_EQ(ask(root + "/namespaces/a/pods/web-2/"), expected);
    EXPECT_EQ(ask(root + "/nodes/none"), "404 No metrics for node none");
    EXPECT_EQ(ask(root + "/namespaces/a/pods/none"),
              "404 Error while getting pod none: pod \"none\" not found");
    EXPECT_TRUE(ask(root + "/namespaces/a/pods/db-1")
                    .starts_with("404 No metrics available for pod a/db-1: the next"));
    EXPECT_TRUE(ask(root + "/pods?labelSelector=a+b").starts_with("400 Error while parsing selector a b: "));
    cluster_.add_pod("a", "new-1", "", {"a"}, "Pending");
    EXPECT_EQ(ask(root + "/namespaces/a/pods/new-1"),
              "404 No metrics available for pod a/new-1: the pod is on no node yet");
    EXPECT_TRUE(ask(root + "/nodes/").starts_with("{\n  \"metadata\": {},\n  \"items\": [\n   {\n"));
  }
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream input(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    if (line.ends_with(',')) line.pop_back();
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_F(ResourceMetricsApiTest, TheSameAsTheIncumbents) {
  if (!recording("metrics-server/nodes.json")) GTEST_SKIP() << "there are no recordings";
  for (const char* file : {"nodes", "pods", "namespaces"}) {
    cluster_.add(whole_file(std::string("summary/input/") + file + ".json"));
  }
  for (const std::string scrape : {"1", "2"}) {
    for (const std::string number : {"0", "1"}) {
      const std::string file = "summary/input/summary-node" + number + "-scrape" + scrape + ".json";
      store_.put(cluster_.scrape("node-" + number, whole_file(file), 0));
    }
  }
  const auto at = [&](std::string_view time) {
    const WallTime wall{std::chrono::seconds(parse_rfc3339(time)->seconds)};
    clock_.jump_wall(wall - clock_.wall_now());
  };
  const std::regex created(R"("creationTimestamp": "[^"]*")");
  const std::pair<std::string, std::string> cases[] = {
      {"group", ""},
      {"nodes", "/nodes"},
      {"node-0", "/nodes/node-0"},
      {"pods", "/pods"},
      {"ns-0.pods", "/namespaces/ns-0/pods"},
      {"pod", "/namespaces/ns-0/pods/shop-0-0-00000"},
      {"pods.selector", "/pods?labelSelector=app.kubernetes.io/name%3Dshop-0"},
  };
  at("2026-11-23T02:14:45Z");
  for (const auto& [file, path] : cases) {
    const std::string text = std::regex_replace(ask(kRoot + path, {{"User-Agent", "curl/7"}}), created, "");
    const std::string recorded =
        std::regex_replace(*recording("metrics-server/" + file + ".json"), created, "");
    // The incumbent's containers stand in no order; where there are more pods some stand in another one.
    if (file.ends_with("pods")) {
      EXPECT_EQ(sorted_lines(text), sorted_lines(recorded)) << file;
    } else {
      EXPECT_EQ(text, recorded) << file;
    }
  }
  EXPECT_EQ(ask(kRoot + "/nodes/none?pretty=1"), "404 " + *recording("metrics-server/node.unknown.json"));
  EXPECT_EQ(ask(kRoot + "/namespaces/ns-0/pods/none?pretty=1"),
            "404 " + *recording("metrics-server/pod.unknown.json"));

  // Heapster gives the batch's time instead of the data's, and no order.
  at("2026-11-23T02:22:35Z");
  const std::pair<std::string, std::string> heapsters[] = {
      {"nodes", "/nodes"},
      {"node", "/nodes/node-0"},
      {"node.unknown", "/nodes/none"},
      {"pods", "/pods"},
      {"ns.pods", "/namespaces/ns-0/pods"},
      {"ns.pod", "/namespaces/ns-0/pods/shop-0-0-00000"}};
  for (const auto& [file, path] : heapsters) {
    std::string text = ask("/apis/metrics.k8s.io/v1alpha1" + path);
    if (text.starts_with("404 ")) text.erase(0, 4);
    text = std::regex_replace(text, std::regex("2026-01-01T00:02:00Z"), "2026-11-23T02:22:30Z");
    EXPECT_EQ(sorted_lines(text), sorted_lines(*recording("summary/api/metrics.k8s.io." + file + ".json")))
        << file;
  }
}

}  // namespace
}  // namespace kubevitals::usage
