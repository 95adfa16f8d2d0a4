#include "sim/table.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/partial_metadata.h"
#include "sim/sample_objects.h"
#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

// 2024-03-01T12:00:00Z
const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1709294400));

json::object parse(std::string_view text) {
  return json::parse(text).get_object();
}

json::object table_of(const kube::ResourceType& type, const json::object& object,
                      IncludeObject include = IncludeObject::kNothing) {
  return make_table(type, std::span(&object, 1), {}, include, kNow);
}

// The cells as texts with " | " between them.
std::string row_of(const kube::ResourceType& type, const json::object& object) {
  const json::object table = table_of(type, object);
  const json::array& cells = table.at("rows").at(0).at("cells").get_array();
  EXPECT_EQ(cells.size(), table.at("columnDefinitions").get_array().size());
  std::string row;
  for (const json::value& cell : cells) {
    if (!row.empty()) row += " | ";
    row += scalar_text(cell);
  }
  return row;
}

std::string row_of(const kube::ResourceType& type, std::string_view text) {
  return row_of(type, parse(text));
}

std::string pod_status(std::string_view status, std::string_view spec = "{}",
                       std::string_view metadata = "{}") {
  const json::object pod(
      {{"metadata", json::parse(metadata)}, {"spec", json::parse(spec)}, {"status", json::parse(status)}});
  const json::object table = table_of(kube::kPods, pod);
  const json::value& cells = table.at("rows").at(0).at("cells");
  return std::string(cells.at(1).get_string()) + " " + std::string(cells.at(2).get_string()) + " " +
         std::string(cells.at(3).get_string());
}

TEST(HumanDuration, GetsCoarserWithTime) {
  const struct {
    std::int64_t seconds;
    const char* text;
  } kCases[] = {{-2, "<invalid>"},     {-1, "0s"},        {0, "0s"},
                {119, "119s"},         {120, "2m"},       {125, "2m5s"},
                {599, "9m59s"},        {600, "10m"},      {10799, "179m"},
                {10800, "3h"},         {10860, "3h1m"},   {28799, "7h59m"},
                {28800, "8h"},         {172799, "47h"},   {172800, "2d"},
                {176400, "2d1h"},      {691199, "7d23h"}, {691200, "8d"},
                {63071999, "729d"},    {63072000, "2y"},  {63158400, "2y1d"},
                {252287999, "7y364d"}, {252288000, "8y"}};
  for (const auto& test : kCases) EXPECT_EQ(human_duration(test.seconds), test.text) << test.seconds;
}

TEST(Table, PodInFull) {
  EXPECT_EQ(row_of(kube::kPods, kSamplePod),
            "checkout-7d9c5b8f64-x2x7k | 2/2 | Running | 1 (119m ago) | 120m | 10.244.3.7 | node-17 | <none> "
            "| <none>");
}

TEST(Table, PodStatusIsWhatItsContainersSay) {
  EXPECT_EQ(pod_status(R"({"phase":"Pending"})", R"({"containers":[{}]})"), "0/1 Pending 0");
  EXPECT_EQ(pod_status(R"({"phase":"Failed","reason":"Evicted"})"), "0/0 Evicted 0");
  EXPECT_EQ(
      pod_status(R"({"phase":"Pending","conditions":[{"type":"PodScheduled","reason":"SchedulingGated"}]})"),
      "0/0 SchedulingGated 0");
  EXPECT_EQ(pod_status(R"({"phase":"Running","containerStatuses":[{"restartCount":4,
      "state":{"waiting":{"reason":"CrashLoopBackOff"}},
      "lastState":{"terminated":{"finishedAt":"2024-03-01T11:55:00Z"}}}]})"),
            "0/0 CrashLoopBackOff 4 (5m ago)");
  EXPECT_EQ(
      pod_status(
          R"({"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}}]})"),
      "0/0 Completed 0");
  EXPECT_EQ(pod_status(R"({"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":3}}}]})"),
            "0/0 ExitCode:3 0");
  EXPECT_EQ(pod_status(R"({"phase":"Failed","containerStatuses":[{"state":{"terminated":{"signal":9}}}]})"),
            "0/0 Signal:9 0");
}

TEST(Table, APodThatIsPartlyCompletedStillRuns) {
  const char* status =
      R"({"phase":"Running","conditions":[{"type":"Ready","status":"%"}],"containerStatuses":[
      {"state":{"terminated":{"reason":"Completed"}}},{"ready":true,"state":{"running":{}}}]})";
  std::string ready(status);
  ready.replace(ready.find('%'), 1, "True");
  EXPECT_EQ(pod_status(ready), "1/0 Running 0");
  ready.replace(ready.find("True"), 4, "False");
  EXPECT_EQ(pod_status(ready), "1/0 NotReady 0");
}

TEST(Table, InitContainersComeFirst) {
  const char* spec = R"({"initContainers":[{"name":"a"},{"name":"b"}],"containers":[{"name":"c"}]})";
  EXPECT_EQ(
      pod_status(
          R"({"phase":"Pending","initContainerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0}}},
      {"name":"b","state":{"waiting":{"reason":"PodInitializing"}}}]})",
          spec),
      "0/1 Init:1/2 0");
  EXPECT_EQ(pod_status(R"({"phase":"Pending","initContainerStatuses":[{"name":"a","restartCount":2,
      "state":{"waiting":{"reason":"CrashLoopBackOff"}}}]})",
                       spec),
            "0/1 Init:CrashLoopBackOff 2");
  EXPECT_EQ(pod_status(R"({"phase":"Pending","initContainerStatuses":[{"name":"a",
      "state":{"terminated":{"exitCode":1}}}]})",
                       spec),
            "0/1 Init:ExitCode:1 0");
  EXPECT_EQ(pod_status(R"({"phase":"Pending","initContainerStatuses":[{"name":"a",
      "state":{"terminated":{"exitCode":1,"reason":"Error"}}}]})",
                       spec),
            "0/1 Init:Error 0");
}

TEST(Table, SidecarsCountAsContainers) {
  EXPECT_EQ(pod_status(R"({"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"ready":true,
      "restartCount":1,"state":{"running":{}}}],"containerStatuses":[{"ready":true,"restartCount":2,
      "state":{"running":{}}}]})",
                       R"({"initContainers":[{"name":"s","restartPolicy":"Always"}],"containers":[{}]})"),
            "2/2 Running 3");
}

TEST(Table, DeletedPodsAreTerminatingUnlessTheyAreDone) {
  const char* deleted = R"({"deletionTimestamp":"2024-03-01T11:00:00Z"})";
  EXPECT_EQ(pod_status(R"({"phase":"Running"})", "{}", deleted), "0/0 Terminating 0");
  EXPECT_EQ(pod_status(R"({"phase":"Succeeded"})", "{}", deleted), "0/0 Succeeded 0");
  EXPECT_EQ(pod_status(R"({"phase":"Running","reason":"NodeLost"})", "{}", deleted), "0/0 Unknown 0");
}

TEST(Table, RowsOfOtherKinds) {
  EXPECT_EQ(row_of(kube::kNodes, kSampleNode),
            "node-17 | Ready,SchedulingDisabled | edge,worker | 60d | v1.35.0 | 10.0.0.17 | <none> | Debian "
            "| 6.1 | "
            "containerd://1.7");
  EXPECT_EQ(row_of(kube::kDeployments, kSampleDeployment),
            "checkout | 2/3 | 2 | 1 | 120m | app,proxy | i,p | app=checkout");
  EXPECT_EQ(
      row_of(kube::kServices, kSampleService),
      "web | LoadBalancer | 10.96.0.7 | 5.6.7.8,lb.example,1.2.3.4 | 80:30080/TCP,53/UDP | 120m | app=web");
  EXPECT_EQ(row_of(kube::kNamespaces, R"({"metadata":{"name":"n"},"status":{"phase":"Active"}})"),
            "n | Active | <unknown>");
  EXPECT_EQ(row_of({"batch", "v1", "jobs", "Job"},
                   R"({"metadata":{"name":"j"},"spec":{"completions":3,"selector":{"matchExpressions":[
                       {"key":"a","operator":"In","values":["x","y"]},{"key":"b","operator":"DoesNotExist"}]}},
                       "status":{"succeeded":1,"startTime":"2024-03-01T11:59:00Z"}})"),
            "j | Running | 1/3 | 60s | <unknown> |  |  | a in (x,y),!b");
  EXPECT_EQ(row_of({"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"},
                   R"({"metadata":{"name":"e"},"addressType":"IPv4","ports":[{"port":80},{}],"endpoints":[
                       {"addresses":["1","2"]},{"addresses":["3"]},{"addresses":["4"]}]})"),
            "e | IPv4 | 80,* | 1,2,3 + 1 more... | <unknown>");
  EXPECT_EQ(row_of({"example.org", "v1", "things", "Thing"},
                   R"({"metadata":{"name":"t","creationTimestamp":"2024-03-01T11:59:00Z"}})"),
            "t | 2024-03-01T11:59:00Z");
}

TEST(Table, EveryKindHasAsManyCellsAsColumnsWhateverTheObject) {
  const json::object odd = parse(R"({"metadata":[],"spec":7,"status":{"conditions":[1,null,{}],
      "containerStatuses":[3,{"state":[]}],"addresses":"x"},"data":[],"endpoints":[null],"ports":{}})");
  for (const auto& tables : {core_tables(), workload_tables(), network_tables(), cluster_tables()}) {
    for (const TableRows& rows : tables) {
      for (const json::object& object : {json::object(), odd}) {
        json::array cells;
        rows.cells(object, 0, cells);
        EXPECT_EQ(cells.size(), rows.columns.size()) << rows.kind;
      }
    }
  }
  EXPECT_TRUE(row_of(kube::kPods, odd).starts_with("0/0 | "));
}

TEST(Table, HasColumnsAlsoWithoutRows) {
  const json::object table =
      make_table(kube::kPods, {}, json::object({{"resourceVersion", "7"}}), IncludeObject::kMetadata, kNow);
  EXPECT_EQ(table.at("kind"), "Table");
  EXPECT_EQ(table.at("apiVersion"), "meta.k8s.io/v1");
  EXPECT_EQ(table.at("metadata").at("resourceVersion"), "7");
  EXPECT_TRUE(table.at("rows").get_array().empty());
  EXPECT_EQ(table.at("columnDefinitions").at(0).at("format"), "name");
  EXPECT_EQ(table.at("columnDefinitions").at(5).at("priority"), 1);
}

TEST(Table, RowsHoldAsMuchOfTheObjectAsIsAskedFor) {
  const json::object pod = parse(R"({"metadata":{"name":"p"},"spec":{"nodeName":"n"}})");
  const auto object = [&](IncludeObject include) {
    return table_of(kube::kPods, pod, include).at("rows").at(0).at("object");
  };
  EXPECT_TRUE(object(IncludeObject::kNothing).is_null());
  EXPECT_EQ(object(IncludeObject::kMetadata),
            json::parse(
                R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"p"}})"));
  EXPECT_EQ(
      object(IncludeObject::kObject),
      json::parse(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"nodeName":"n"}})"));
}

}  // namespace
}  // namespace kubevitals::sim
