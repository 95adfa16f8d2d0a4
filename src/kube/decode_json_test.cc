#include "kube/decode_json.h"

#include <gtest/gtest.h>

#include <string>

#include "kube/objects/deployment.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"

namespace kubevitals::kube {
namespace {

class DecodeJson : public testing::Test {
 protected:
  template <typename T>
  T good(std::string_view json) {
    T out;
    const Result<void> result = decoder_.decode(json, out);
    EXPECT_TRUE(result) << (result ? "" : result.error().message) << "\n" << json.substr(0, 200);
    return out;
  }
  template <typename T = Pod>
  std::string error(std::string_view json) {
    T out;
    const Result<void> result = decoder_.decode(json, out);
    if (result) {
      return "no error";
    }
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    return result.error().message;
  }

  JsonDecoder decoder_;
};

TEST_F(DecodeJson, ReadsWhatAServerSends) {
  const Pod pod = good<Pod>(R"({
    "kind": "Pod", "apiVersion": "v1",
    "metadata": {"name": "web-0", "namespace": "shop", "creationTimestamp": "2017-07-14T02:40:00Z",
                 "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}],
                 "labels": {"b": "2", "a": "1"}},
    "spec": {"nodeName": "n1", "hostNetwork": true,
             "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "e", "ephemeral": {}}],
             "containers": [{"name": "c1", "resources": {"limits": {"cpu": 2, "memory": " 1Gi "}}}],
             "tolerations": [{"operator": "Exists", "tolerationSeconds": 300}]}})");
  EXPECT_EQ(pod.metadata.name, "web-0");
  EXPECT_EQ(pod.metadata.creation_timestamp, (Time{1'500'000'000, 0}));
  EXPECT_EQ(pod.metadata.labels, (StringMap{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(pod.spec.host_network);
  ASSERT_EQ(pod.spec.volumes.size(), 2u);
  EXPECT_EQ(pod.spec.volumes[0].source.persistent_volume_claim->claim_name, "c");
  EXPECT_TRUE(pod.spec.volumes[1].source.ephemeral);
  EXPECT_FALSE(pod.spec.volumes[1].source.persistent_volume_claim);
  EXPECT_EQ(pod.spec.containers[0].resources.limits, (ResourceList{{"cpu", "2"}, {"memory", "1Gi"}}));
  EXPECT_EQ(pod.spec.tolerations[0].toleration_seconds, 300);
}

TEST_F(DecodeJson, NullIsTheZeroValueOfAnything) {
  const Pod pod =
      good<Pod>(R"({"metadata": {"name": null, "creationTimestamp": null, "deletionTimestamp": null,
      "labels": null, "annotations": {"a": null}, "ownerReferences": [null, {"controller": null}], "generation": null},
      "spec": null, "status": {"startTime": null, "containerStatuses": null}})");
  Pod expected;
  expected.metadata.annotations = {{"a", ""}};
  expected.metadata.owner_references.resize(2);
  EXPECT_EQ(pod, expected);
  const auto resources = good<ResourceRequirements>(R"({"limits": {"cpu": null}})");
  EXPECT_EQ(resources.limits, (ResourceList{{"cpu", "0"}}));
}

TEST_F(DecodeJson, KeepsTheTextOfQuantitiesThatAreNumbers) {
  const auto resources = good<ResourceRequirements>(R"({"limits": {"a": 1e3 , "b": -0.5, "c": 10}})");
  EXPECT_EQ(resources.limits, (ResourceList{{"a", "1e3"}, {"b", "-0.5"}, {"c", "10"}}));
  EXPECT_EQ(error<ResourceRequirements>(R"({"limits": {"cpu": true}})"), "limits.cpu: expected a quantity");
  EXPECT_EQ(error<ResourceRequirements>(R"({"limits": {"cpu": 1x}})"), "limits.cpu: expected a quantity");
  EXPECT_EQ(error<ResourceRequirements>(R"({"limits": {"cpu": {}}})"), "limits.cpu: expected a quantity");
}

TEST_F(DecodeJson, IntegersAreNeitherStringsNorFractions) {
  for (const char* wrong : {R"("3")", "1.5", "1e3", "1.0", "true", "{}", "[]", "01", "+1", "-", "0x10"}) {
    EXPECT_EQ(error<Deployment>(std::string(R"({"spec": {"replicas": )") + wrong + "}}"),
              "spec.replicas: expected an integer")
        << wrong;
  }
  EXPECT_EQ(error<Deployment>(R"({"spec": {"replicas": 2147483648}})"),
            "spec.replicas: the integer is out of range");
  EXPECT_EQ(error<Pod>(R"({"metadata": {"generation": 9223372036854775808}})"),
            "metadata.generation: the integer is out of range");
  EXPECT_EQ(good<Deployment>(R"({"spec": {"replicas": -2147483648}})").spec.replicas, INT32_MIN);
  EXPECT_EQ(good<Deployment>(R"({"spec": {"replicas": -0}})").spec.replicas, 0);
  EXPECT_EQ(good<Pod>(R"({"metadata": {"generation": 9223372036854775807}})").metadata.generation, INT64_MAX);
}

TEST_F(DecodeJson, ErrorsNameThePath) {
  EXPECT_EQ(error(R"({"metadata": {"name": 5}})"), "metadata.name: expected a string");
  EXPECT_EQ(error(R"({"spec": {"containers": [{"name": "a"}, {"name": []}]}})"),
            "spec.containers[1].name: expected a string");
  EXPECT_EQ(error(R"({"spec": {"containers": [7]}})"), "spec.containers[0]: expected an object");
  EXPECT_EQ(error(R"({"spec": {"containers": {}}})"), "spec.containers: expected a list");
  EXPECT_EQ(error(R"({"spec": {"hostNetwork": "true"}})"), "spec.hostNetwork: expected true or false");
  EXPECT_EQ(error(R"({"metadata": {"labels": {"a": 1}}})"), "metadata.labels.a: expected a string");
  EXPECT_EQ(error(R"({"metadata": {"labels": []}})"), "metadata.labels: expected an object");
  EXPECT_EQ(error(R"({"metadata": []})"), "metadata: expected an object");
  EXPECT_EQ(error<Node>(R"({"spec": {"podCIDRs": ["a", 1]}})"), "spec.podCIDRs[1]: expected a string");
  EXPECT_TRUE(error(R"({"metadata": {"creationTimestamp": "yesterday"}})")
                  .starts_with("metadata.creationTimestamp: "));
  EXPECT_EQ(error(R"({"metadata": {"creationTimestamp": 5}})"),
            "metadata.creationTimestamp: expected a string");
}

TEST_F(DecodeJson, IntOrStringIsEither) {
  const auto deployment = [&](const std::string& value) {
    return good<Deployment>(R"({"spec": {"strategy": {"rollingUpdate": {"maxSurge": )" + value + "}}}}")
        .spec.strategy.rolling_update->max_surge;
  };
  EXPECT_EQ(deployment("3"), (IntOrString{false, 3, ""}));
  EXPECT_EQ(deployment("\"25%\""), (IntOrString{true, 0, "25%"}));
  EXPECT_EQ(deployment("null"), std::nullopt);
  EXPECT_EQ(error<Deployment>(R"({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1.5}}}})"),
            "spec.strategy.rollingUpdate.maxSurge: expected an integer or a string");
}

TEST_F(DecodeJson, NamesMatchByCaseAndAsAWhole) {
  const Pod pod =
      good<Pod>(R"({"Metadata": {"name": "a"}, "metadata2": {"name": "b"}, "meta": {"name": "c"}, "": 1,
                                "metadata\"": {"name": "d"}})");
  EXPECT_EQ(pod, Pod());
  EXPECT_EQ(good<Pod>(R"({"met\u0061data": {"name": "a"}})").metadata.name, "a");
}

TEST_F(DecodeJson, MembersGivenTwiceActAsInGo) {
  const Pod pod = good<Pod>(R"({"metadata": {"name": "a", "uid": "u", "labels": {"x": "1", "x": "2"}},
      "metadata": {"name": "b", "uid": null, "labels": {"w": "3", "x": "4"}, "ownerReferences": [{"uid": "1"}],
                   "ownerReferences": [{"name": "2"}]}})");
  EXPECT_EQ(pod.metadata.name, "b");
  EXPECT_EQ(pod.metadata.uid, "u");
  EXPECT_EQ(pod.metadata.labels, (StringMap{{"w", "3"}, {"x", "4"}}));
  ASSERT_EQ(pod.metadata.owner_references.size(), 1u);
  EXPECT_EQ(pod.metadata.owner_references[0].name, "2");
  EXPECT_EQ(pod.metadata.owner_references[0].uid, "");
}

TEST_F(DecodeJson, EscapesAreResolved) {
  const Pod pod = good<Pod>(R"({"metadata": {"name": "\"\\\/\b\f\n\r\t\u00e9\u6f22\ud83d\ude00",
      "uid": "\ud83d", "namespace": "\ude00x\ud83d\u0041", "annotations": {"a\nb": "\u0000"}}})");
  EXPECT_EQ(pod.metadata.name, "\"\\/\b\f\n\r\té漢😀");
  EXPECT_EQ(pod.metadata.uid, "\xef\xbf\xbd");
  EXPECT_EQ(pod.metadata.namespace_,
            "\xef\xbf\xbdx\xef\xbf\xbd"
            "A");
  EXPECT_EQ(pod.metadata.annotations, (StringMap{{"a\nb", std::string_view("\0", 1)}}));
  for (const char* bad : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\ud83d\u")"}) {
    const std::string json = std::string(R"({"metadata": {"name": )") + bad + "}}";
    EXPECT_EQ(error(json), "metadata.name: malformed JSON: a bad escape in a string") << bad;
  }
}

TEST_F(DecodeJson, MalformedTextIsRefused) {
  for (const char* bad : {"",
                          " ",
                          "null",
                          "[]",
                          "5",
                          "\"a\"",
                          "{",
                          "}",
                          "{]",
                          "[}",
                          "{\"metadata\"}",
                          "{\"metadata\":}",
                          "{\"metadata\":{}",
                          "{\"metadata\":{}},",
                          "{} {}",
                          "{}}",
                          "{\"metadata\":{}}x",
                          "{\"metadata\":{\"name\":\"a}}",
                          "{\"metadata\":{\"name\":\"a\"\"b\"}}",
                          "{\"metadata\":{\"name\":\"a\"x}}",
                          "{\"metadata\":{\"name\":\"a\" \"uid\":\"b\"}}",
                          "{\"metadata\":{\"name\":nul}}",
                          "{\"metadata\":{\"name\":\"\n\"}}",
                          "{\"spec\":{\"a\":[}}"}) {
    EXPECT_NE(error(bad), "no error") << bad;
  }
}

TEST_F(DecodeJson, BadUtf8IsRefused) {
  for (const char* bad : {"\xff", "\xc3", "\xe6\xbc", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"}) {
    EXPECT_NE(error(std::string("{\"metadata\":{\"name\":\"") + bad + "\"}}"), "no error");
  }
}

TEST_F(DecodeJson, DeepNestingCostsNoStack) {
  const std::size_t depth = 1'000'000;
  const std::string open(depth, '[');
  const std::string close(depth, ']');
  EXPECT_EQ(good<Pod>("{\"x\":" + open + close + ",\"metadata\":{\"name\":\"a\"}}").metadata.name, "a");
  EXPECT_NE(error("{\"x\":" + open), "no error");
  EXPECT_NE(error(open + close), "no error");
  std::string objects;
  for (std::size_t i = 0; i < depth; ++i) {
    objects += "{\"metadata\":";
  }
  EXPECT_NE(error(objects), "no error");
}

TEST_F(DecodeJson, PaddedTextIsDecodedInPlace) {
  const std::string json = R"({"metadata": {"name": "here", "namespace": "not\u0020here"}})";
  const std::string padded = json + std::string(kJsonPadding, '"');
  const auto text = std::string_view(padded).substr(0, json.size());
  Pod pod;
  ASSERT_TRUE(decoder_.decode_padded(text, pod));
  EXPECT_EQ(pod.metadata.name, "here");
  EXPECT_TRUE(pod.metadata.name.data() >= padded.data() &&
              pod.metadata.name.data() < padded.data() + json.size());
  EXPECT_EQ(pod.metadata.namespace_, "not here");
}

TEST_F(DecodeJson, ManyShortEscapedStringsStayValid) {
  // The first unescaped strings were lost when the buffer behind them grew.
  std::string json = R"({"metadata": {"annotations": {)";
  for (int i = 100; i < 400; ++i) {
    json += (i > 100 ? ",\"" : "\"") + std::to_string(i) + R"(": "\n)" + std::to_string(i) + "\"";
  }
  const Pod pod = good<Pod>(json + "}}}");
  ASSERT_EQ(pod.metadata.annotations.size(), 300u);
  for (const auto& [key, value] : pod.metadata.annotations) {
    EXPECT_EQ(value, "\n" + std::string(key));
  }
}

TEST_F(DecodeJson, AnyObjectHasKindAndMetadata) {
  const auto object = good<AnyObject>(R"({"spec": {"x": [1]}, "metadata": {"name": "a"}, "kind": "Gadget",
                                          "apiVersion": "example.com/v1"})");
  EXPECT_EQ(object.type, (TypeMeta{"example.com/v1", "Gadget"}));
  EXPECT_EQ(object.metadata.name, "a");
}

}  // namespace
}  // namespace kubevitals::kube
