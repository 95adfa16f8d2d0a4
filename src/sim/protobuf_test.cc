#include "sim/protobuf.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"
#include "kube/objects/deployment.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/service.h"
#include "sim/sample_objects.h"

namespace kubevitals::sim {
namespace {

json::object parse(std::string_view text) {
  return json::parse(text).get_object();
}

std::string message_of(std::string_view api_version, std::string_view kind, const json::object& object) {
  std::string raw;
  append_protobuf(raw, api_version, kind, object);
  return raw;
}

std::string enveloped(std::string_view api_version, std::string_view kind, std::string_view raw) {
  std::string body;
  append_protobuf_envelope(body, api_version, kind, raw);
  return body;
}

std::string text_of(const json::object& object) {
  return json::serialize(object);
}

// The object after a way through protobuf, with apiVersion and kind.
json::object there_and_back(std::string_view api_version, std::string_view kind, const json::object& object) {
  Result<json::object> back =
      decode_protobuf(enveloped(api_version, kind, message_of(api_version, kind, object)));
  EXPECT_TRUE(back.has_value()) << (back ? "" : back.error().message);
  return back ? *back : json::object();
}

void expect_round_trip(std::string_view api_version, std::string_view kind, std::string_view text) {
  json::object object = parse(text);
  object["apiVersion"] = api_version;
  object["kind"] = kind;
  const json::object back = there_and_back(api_version, kind, object);
  EXPECT_EQ(back, object) << text_of(back) << "\n" << text_of(object);
}

TEST(Protobuf, WritesTheBytesThatTheFieldNumbersAskFor) {
  // metadata=1 {name=1 "a"}, spec=2 {nodeName=10 "n", hostNetwork=11 true}
  EXPECT_EQ(message_of("v1", "Pod",
                       parse(R"({"spec":{"hostNetwork":true,"nodeName":"n"},"metadata":{"name":"a"}})")),
            "\x0a\x03\x0a\x01"
            "a\x12\x05\x52\x01n\x58\x01");
}

TEST(Protobuf, WritesLengthsOfMoreThanOneByteAndGrows) {
  const std::string name(20'000, 'x');
  json::object object = parse(R"({"metadata":{}})");
  object["metadata"].get_object()["name"] = name;
  const std::string raw = message_of("v1", "Pod", object);
  EXPECT_EQ(raw.size(), name.size() + 1 + 3 + 1 + 3);
  EXPECT_EQ(there_and_back("v1", "Pod", object).at("metadata").at("name").as_string(), name);
}

TEST(Protobuf, EnvelopeIsTheOneOfRuntimeUnknown) {
  EXPECT_EQ(enveloped("v1", "Pod", "xyz"),
            std::string("k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12\x03xyz\x1a\0\x22\0", 24));
}

TEST(Protobuf, WatchFrameHasItsLengthInFront) {
  std::string frame;
  append_watch_frame(frame, "ADDED", "xyz");
  EXPECT_EQ(frame, std::string("\0\0\0\x0e\x0a\x05"
                               "ADDED\x12\x05\x0a\x03xyz",
                               18));
}

TEST(Protobuf, RoundTripsWhatTheKindsConsistOf) {
  expect_round_trip("v1", "Pod", kSamplePod);
  expect_round_trip("v1", "Node", kSampleNode);
  expect_round_trip("apps/v1", "Deployment", kSampleDeployment);
  expect_round_trip("v1", "Service", kSampleService);
  expect_round_trip("v1", "Secret",
                    R"({"metadata":{"name":"s"},"type":"Opaque","data":{"a":"AAE=","b":""}})");
  expect_round_trip("v1", "ConfigMap",
                    R"({"metadata":{"name":"c"},"data":{"":"x","k":""},"immutable":false})");
  expect_round_trip(
      "v1", "ServiceList",
      R"({"metadata":{"resourceVersion":"7","remainingItemCount":0},"items":[{"spec":{}},{"spec":{}}]})");
  expect_round_trip("autoscaling/v1", "Scale",
                    R"({"spec":{"replicas":3},"status":{"replicas":0,"selector":"a=b"}})");
  expect_round_trip("coordination.k8s.io/v1", "Lease",
                    R"({"spec":{"renewTime":"2024-01-02T03:04:05.000600Z","leaseTransitions":0}})");
  expect_round_trip("discovery.k8s.io/v1", "EndpointSlice",
                    R"({"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1","10.0.0.2"],
                        "conditions":{"ready":false,"serving":true}}],"ports":[{"name":"","port":80}]})");
  expect_round_trip(
      "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy",
      R"({"spec":{"matchConstraints":{"resourceRules":[{"resourceNames":["r"],"operations":["*"],
                        "apiGroups":["apps"],"resources":["deployments"]}]}}})");
  expect_round_trip("certificates.k8s.io/v1", "CertificateSigningRequest",
                    R"({"spec":{"request":"YQ==","extra":{"k":["v","w"]},"signerName":"s"}})");
  expect_round_trip("apps/v1", "ControllerRevision", R"({"data":{"spec":{"a":[1,null,"x"]}},"revision":0})");
  expect_round_trip("v1", "Status", R"({"metadata":{},"status":"Failure","reason":"Expired","code":410,
                                        "details":{"causes":[{"message":"m"}],"retryAfterSeconds":1}})");
}

TEST(Protobuf, KeepsExplicitZeroesOfOptionalFields) {
  expect_round_trip("apps/v1", "Deployment", R"({"spec":{"replicas":0,"revisionHistoryLimit":0}})");
  expect_round_trip("v1", "Pod",
                    R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"","uid":"",
                        "controller":false,"blockOwnerDeletion":false}],"deletionGracePeriodSeconds":0},
                        "spec":{"terminationGracePeriodSeconds":0,"enableServiceLinks":false,"priority":0}})");
}

TEST(Protobuf, LeavesOutZeroesThatGoWritesForFieldsThatAreNotSet) {
  // What a Go client sends for a pod without names: "" for generateName (2), 0 for generation (7).
  const std::string raw("\x0a\x07\x12\x00\x38\x00\x0a\x01n", 9);
  Result<json::object> pod = decode_protobuf(enveloped("v1", "Pod", raw));
  ASSERT_TRUE(pod.has_value());
  EXPECT_EQ(pod->at("metadata"), json::parse(R"({"name":"n"})"));
}

TEST(Protobuf, NegativeInt32IsReadAndWrittenSignExtended) {
  const json::object object = parse(R"({"value":-5})");
  EXPECT_EQ(message_of("scheduling.k8s.io/v1", "PriorityClass", object),
            "\x10\xfb\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  expect_round_trip("scheduling.k8s.io/v1", "PriorityClass", R"({"value":-5})");
}

TEST(Protobuf, TimesAreInWholeSecondsAndNullIsNone) {
  const json::object object = there_and_back("v1", "Pod", parse(R"({"metadata":{"creationTimestamp":null,
      "deletionTimestamp":"2024-05-06T07:08:09.9+02:00"},"status":{"startTime":"yesterday"}})"));
  EXPECT_EQ(object.at("metadata"), json::parse(R"({"deletionTimestamp":"2024-05-06T05:08:09Z"})"));
  EXPECT_EQ(object.at("status"), json::parse("{}"));
}

TEST(Protobuf, QuantitiesMayBeNumbers) {
  const json::object object = there_and_back("v1", "Node", parse(R"({"status":{"capacity":
      {"pods":110,"cpu":0.5,"memory":"1Gi","bad":true}}})"));
  EXPECT_EQ(object.at("status").at("capacity"), json::parse(R"({"pods":"110","cpu":"0.5","memory":"1Gi"})"));
}

TEST(Protobuf, SkipsUnknownMembersAndWrongTypes) {
  const json::object object =
      parse(R"({"kind":"Pod","nonsense":{"a":1},"metadata":{"name":7,"labels":[],"uid":"u",
      "finalizers":["a",null,3,{},"b"],"ownerReferences":[null,1,{"name":"o"}]},"spec":[],"status":"x"})");
  const json::object back = there_and_back("v1", "Pod", object);
  EXPECT_EQ(back.at("metadata"),
            json::parse(R"({"uid":"u","finalizers":["a","b"],"ownerReferences":[{"name":"o"}]})"));
  EXPECT_FALSE(back.contains("spec"));
  EXPECT_FALSE(back.contains("status"));
  EXPECT_EQ(message_of("v1", "NoSuchKind", object), "");
}

TEST(Protobuf, MapsAreSortedByKey) {
  const std::string a = message_of("v1", "ConfigMap", parse(R"({"data":{"b":"2","a":"1","c":"3"}})"));
  const std::string b = message_of("v1", "ConfigMap", parse(R"({"data":{"c":"3","b":"2","a":"1"}})"));
  EXPECT_EQ(a, b);
  EXPECT_LT(a.find('a'), a.find('b'));
}

TEST(Protobuf, MessagesGivenTwiceAreMergedAndTheLastScalarWins) {
  const std::string raw("\x0a\x06\x0a\x01x\x22\x01s\x0a\x03\x0a\x01y", 13);
  Result<json::object> pod = decode_protobuf(enveloped("v1", "Pod", raw));
  ASSERT_TRUE(pod.has_value());
  EXPECT_EQ(pod->at("metadata"), json::parse(R"({"name":"y","selfLink":"s"})"));
}

TEST(Protobuf, EveryTruncationIsAnErrorOrAShorterObject) {
  const std::string whole = message_of("v1", "Pod", parse(kSamplePod));
  std::size_t errors = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    errors += decode_protobuf(enveloped("v1", "Pod", whole.substr(0, size))) ? 0 : 1;
  }
  EXPECT_GT(errors, whole.size() * 9 / 10);
}

TEST(Protobuf, FlippedBytesNeverCrash) {
  const std::string whole = enveloped("v1", "Pod", message_of("v1", "Pod", parse(kSamplePod)));
  std::size_t decoded = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned char mask : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ mask);
      decoded += decode_protobuf(bytes) ? 1 : 0;
    }
  }
  EXPECT_GT(decoded, 0u);
  EXPECT_LT(decoded, whole.size() * 3);
}

TEST(Protobuf, RefusesWhatIsNoEnvelope) {
  EXPECT_EQ(decode_protobuf("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_protobuf("{\"kind\":\"Pod\"}").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_protobuf(enveloped("v1", "Teapot", "")).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_protobuf(enveloped("\xff", "\xfe", "")).error().code, ErrorCode::kUnsupported);
}

TEST(Protobuf, RefusesTextThatIsNotUtf8) {
  const std::string raw("\x0a\x03\x0a\x01\xff", 5);
  EXPECT_EQ(decode_protobuf(enveloped("v1", "Pod", raw)).error().message,
            "cannot decode Pod: a text is not UTF-8");
}

// The product's own decoders see the same object in both forms.
template <typename T>
void expect_same_object(std::string_view api_version, std::string_view kind, std::string_view text) {
  const std::string raw = message_of(api_version, kind, parse(text));
  T from_json, from_protobuf;
  kube::JsonDecoder decoder;
  ASSERT_TRUE(decoder.decode(text, from_json).has_value());
  ASSERT_TRUE(kube::decode_protobuf(raw, from_protobuf).has_value());
  EXPECT_EQ(from_json, from_protobuf) << kind;
  EXPECT_FALSE(from_json == T()) << kind;
}

TEST(Protobuf, ProductsDecodersAgree) {
  expect_same_object<kube::Pod>("v1", "Pod", kSamplePod);
  expect_same_object<kube::Node>("v1", "Node", kSampleNode);
  expect_same_object<kube::Deployment>("apps/v1", "Deployment", kSampleDeployment);
  expect_same_object<kube::Service>("v1", "Service", kSampleService);
}

}  // namespace
}  // namespace kubevitals::sim
