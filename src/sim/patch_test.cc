#include "sim/patch.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace kubevitals::sim {
namespace {

json::value merged(std::string_view target, std::string_view patch) {
  json::value document = json::parse(target);
  apply_merge_patch(document, json::parse(patch));
  return document;
}

TEST(MergePatch, ExamplesOfTheRfc) {
  const struct {
    const char *target, *patch, *result;
  } kCases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(null)", R"(null)"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& test : kCases)
    EXPECT_EQ(merged(test.target, test.patch), json::parse(test.result)) << test.patch;
}

// The document after the patch, or the error's message as a string.
json::value patched(std::string_view target, std::string_view patch) {
  json::value document = json::parse(target);
  const json::value before = document;
  Result<void> done = apply_json_patch(document, json::parse(patch));
  if (done) return document;
  EXPECT_EQ(document, before) << "a failed patch must change nothing";
  EXPECT_EQ(done.error().code, ErrorCode::kInvalid);
  return json::value(done.error().message);
}

TEST(JsonPatch, AppliesEachOperation) {
  const struct {
    const char *target, *patch, *result;
  } kCases[] = {
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":2}])", R"({"a":1,"b":2})"},
      {R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])", R"({"a":[1,2,3]})"},
      {R"({"a":[1]})", R"([{"op":"add","path":"/a/-","value":2}])", R"({"a":[1,2]})"},
      {R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/0"}])", R"({"a":[2]})"},
      {R"({"a":1,"b":2})", R"([{"op":"remove","path":"/b"}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"replace","path":"/a","value":{"x":[]}}])", R"({"a":{"x":[]}})"},
      {R"({"a":{"b":1},"c":{}})", R"([{"op":"move","from":"/a/b","path":"/c/d"}])",
       R"({"a":{},"c":{"d":1}})"},
      {R"({"a":[1,2,3]})", R"([{"op":"move","from":"/a/0","path":"/a/2"}])", R"({"a":[2,3,1]})"},
      {R"({"a":1})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":1,"b":1})"},
      {R"({"a/b":1,"m~n":2})",
       R"([{"op":"replace","path":"/a~1b","value":3},{"op":"remove","path":"/m~0n"}])", R"({"a/b":3})"},
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":1},{"op":"replace","path":"","value":[]}])",
       R"([])"},
      {R"({"":1})", R"([{"op":"replace","path":"/","value":2}])", R"({"":2})"},
      {R"({})", R"([])", R"({})"},
  };
  for (const auto& test : kCases)
    EXPECT_EQ(patched(test.target, test.patch), json::parse(test.result)) << test.patch;
}

TEST(JsonPatch, RefusesWhatCannotBeApplied) {
  for (const char* patch : {R"({})",
                            R"([1])",
                            R"([{}])",
                            R"([{"op":"add","path":"/a"}])",
                            R"([{"op":"add","path":"a","value":1}])",
                            R"([{"op":"add","path":"/x/y","value":1}])",
                            R"([{"op":"add","path":"/a/01","value":1}])",
                            R"([{"op":"add","path":"/a/3","value":1}])",
                            R"([{"op":"add","path":"/a/~2","value":1}])",
                            R"([{"op":"remove","path":""}])",
                            R"([{"op":"remove","path":"/a/-"}])",
                            R"([{"op":"remove","path":"/a/2"}])",
                            R"([{"op":"replace","path":"/x","value":1}])",
                            R"([{"op":"test","path":"/a","value":2}])",
                            R"([{"op":"move","from":"/a","path":"/a/0"}])",
                            R"([{"op":"copy","from":"/x","path":"/y"}])",
                            R"([{"op":"copy","path":"/y"}])",
                            R"([{"op":"twist","path":"/a","value":1}])",
                            R"([{"op":"add","path":"/a/18446744073709551616","value":1}])",
                            R"([{"op":"remove","path":"/a/0"},{"op":"remove","path":"/nowhere"}])"}) {
    EXPECT_TRUE(patched(R"({"a":[1,2]})", patch).is_string()) << patch;
  }
}

TEST(JsonPatch, DoublingCopiesAreCutOff) {
  json::array patch;
  for (int i = 0; i < 64; ++i) patch.push_back(json::object({{"op", "copy"}, {"from", ""}, {"path", "/a"}}));
  json::value document = json::parse(R"({"text":"xxxxxxxxxxxxxxxx","a":0,"b":0})");
  for (int i = 0; i < 64; ++i)
    patch.push_back(json::object({{"op", "copy"}, {"from", "/a"}, {"path", "/b"}}));
  (void)apply_json_patch(document, patch);
  EXPECT_LT(json::serialize(document).size(), std::size_t{16} << 20);

  json::array doubling;
  for (int i = 0; i < 40; ++i)
    doubling.push_back(json::object({{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}}));
  json::value list = json::parse(R"({"a":["x"]})");
  EXPECT_FALSE(apply_json_patch(list, doubling).has_value());
}

TEST(JsonPatch, NestingIsLimited) {
  json::array patch;
  std::string path = "/a";
  for (int i = 0; i < 600; ++i, path += "/a") {
    patch.push_back(json::object({{"op", "add"}, {"path", path}, {"value", json::object()}}));
  }
  json::value document = json::object();
  EXPECT_FALSE(apply_json_patch(document, patch).has_value());
}

json::value strategic(std::string_view api_version, std::string_view kind, std::string_view target,
                      std::string_view patch) {
  json::value document = json::parse(target);
  const json::value before = document;
  Result<void> done = apply_strategic_merge_patch(api_version, kind, document, json::parse(patch));
  if (done) return document;
  EXPECT_EQ(document, before);
  return json::value(done.error().message);
}

json::value pod(std::string_view target, std::string_view patch) {
  return strategic("v1", "Pod", target, patch);
}

TEST(StrategicMergePatch, MergesContainersByName) {
  EXPECT_EQ(pod(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}})",
                R"({"spec":{"containers":[{"name":"b","image":"3"},{"name":"c","image":"4","x":null}]}})"),
            json::parse(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"3"},
                            {"name":"c","image":"4"}]}})"));
}

TEST(StrategicMergePatch, MergesNestedListsByTheirOwnKeys) {
  EXPECT_EQ(
      pod(R"({"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}],
                    "ports":[{"containerPort":80,"name":"h"}]}]}})",
          R"({"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"2"}],
                    "ports":[{"containerPort":80,"name":"web"}]}]}})"),
      json::parse(
          R"({"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}],
                            "ports":[{"containerPort":80,"name":"web"}]}]}})"));
  EXPECT_EQ(strategic("v1", "Service", R"({"spec":{"ports":[{"port":80,"name":"h"}]}})",
                      R"({"spec":{"ports":[{"port":80,"nodePort":1}]}})"),
            json::parse(R"({"spec":{"ports":[{"port":80,"name":"h","nodePort":1}]}})"));
}

TEST(StrategicMergePatch, ReplacesListsWithoutMergeKey) {
  EXPECT_EQ(pod(R"({"spec":{"tolerations":[{"key":"a"}]}})", R"({"spec":{"tolerations":[{"key":"b"}]}})"),
            json::parse(R"({"spec":{"tolerations":[{"key":"b"}]}})"));
}

TEST(StrategicMergePatch, HoistedMembersAreFound) {
  EXPECT_EQ(pod(R"({"spec":{"ephemeralContainers":[{"name":"d","env":[{"name":"X","value":"1"}]}]}})",
                R"({"spec":{"ephemeralContainers":[{"name":"d","env":[{"name":"Y","value":"2"}]}]}})"),
            json::parse(R"({"spec":{"ephemeralContainers":[{"name":"d",
                            "env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}]}]}})"));
}

TEST(StrategicMergePatch, DeletesAndReplacesByDirective) {
  const char* target =
      R"({"spec":{"containers":[{"name":"a"},{"name":"b"}],"securityContext":{"fsGroup":1}}})";
  EXPECT_EQ(
      pod(target, R"({"spec":{"containers":[{"$patch":"delete","name":"a"}]}})").at("spec").at("containers"),
      json::parse(R"([{"name":"b"}])"));
  EXPECT_EQ(pod(target, R"({"spec":{"containers":[{"name":"z"},{"$patch":"replace"}]}})")
                .at("spec")
                .at("containers"),
            json::parse(R"([{"name":"z"}])"));
  EXPECT_EQ(pod(target, R"({"spec":{"securityContext":{"$patch":"replace","runAsUser":5}}})")
                .at("spec")
                .at("securityContext"),
            json::parse(R"({"runAsUser":5})"));
  EXPECT_EQ(
      pod(target, R"({"spec":{"securityContext":{"$patch":"delete"}}})").at("spec").at("securityContext"),
      json::parse(R"({})"));
  EXPECT_EQ(
      pod(target, R"({"spec":{"securityContext":null}})").at("spec").get_object().contains("securityContext"),
      false);
}

TEST(StrategicMergePatch, ListsOfScalarsMergeAsSets) {
  const char* target = R"({"metadata":{"finalizers":["a","b"]}})";
  EXPECT_EQ(pod(target, R"({"metadata":{"finalizers":["b","c"]}})").at("metadata").at("finalizers"),
            json::parse(R"(["a","b","c"])"));
  EXPECT_EQ(pod(target, R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a","x"]}})")
                .at("metadata")
                .at("finalizers"),
            json::parse(R"(["b"])"));
}

TEST(StrategicMergePatch, SetElementOrderKeepsWhatTheClientDoesNotKnow) {
  EXPECT_EQ(pod(R"({"spec":{"containers":[{"name":"a"},{"name":"server"},{"name":"b"}]}})",
                R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"new"},{"name":"a"}],
                    "containers":[{"name":"new"}]}})")
                .at("spec")
                .at("containers"),
            json::parse(R"([{"name":"server"},{"name":"b"},{"name":"new"},{"name":"a"}])"));
}

TEST(StrategicMergePatch, RetainKeysClearsTheOthers) {
  EXPECT_EQ(strategic("apps/v1", "Deployment",
                      R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{}}}})",
                      R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})"),
            json::parse(R"({"spec":{"strategy":{"type":"Recreate"}}})"));
  EXPECT_TRUE(strategic("apps/v1", "Deployment", R"({"spec":{"strategy":{}}})",
                        R"({"spec":{"strategy":{"$retainKeys":["x"],"type":"Recreate"}}})")
                  .is_string());
}

TEST(StrategicMergePatch, ReplacesTheSelectorOfADisruptionBudget) {
  EXPECT_EQ(
      strategic("policy/v1", "PodDisruptionBudget", R"({"spec":{"selector":{"matchLabels":{"a":"1"}}}})",
                R"({"spec":{"selector":{"matchLabels":{"b":"2"}}}})"),
      json::parse(R"({"spec":{"selector":{"matchLabels":{"b":"2"}}}})"));
}

TEST(StrategicMergePatch, RefusesNonsense) {
  const char* target = R"({"spec":{"containers":[{"name":"a"}]}})";
  for (const char* patch :
       {R"({"spec":{"containers":[{"image":"x"}]}})", R"({"spec":{"containers":["x"]}})",
        R"({"spec":{"$patch":"explode"}})", R"({"spec":{"$setElementOrder/containers":7}})",
        R"({"spec":{"$retainKeys":7}})", R"([])"}) {
    EXPECT_TRUE(pod(target, patch).is_string()) << patch;
  }
  json::value custom = json::object();
  EXPECT_EQ(apply_strategic_merge_patch("example.org/v1", "Thing", custom, json::object()).error().code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace kubevitals::sim
