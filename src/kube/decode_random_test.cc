// Holds both decoders together: whatever the object and however it is written, both give the object.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"
#include "kube/objects/deployment.h"
#include "kube/objects/endpoints.h"
#include "kube/objects/endpointslice.h"
#include "kube/objects/ingress.h"
#include "kube/objects/job.h"
#include "kube/objects/namespace.h"
#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "kube/objects/replicaset.h"
#include "kube/objects/service.h"
#include "kube/random_object.h"

namespace kubevitals::kube {
namespace {

// Every type of member that objects/meta.h lists, whether an object in use has it or not.
struct Inlined {
  std::string_view text;
  std::vector<IntOrString> ports;
  ResourceList amounts;
  friend bool operator==(const Inlined&, const Inlined&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "inlinedText", &Inlined::text}, Field{2, "inlinedPorts", &Inlined::ports},
                      Field{3, "inlinedAmounts", &Inlined::amounts}};
  }
};

struct Everything {
  Inlined inlined;
  std::optional<bool> flag;
  std::optional<std::int64_t> number;
  std::optional<Time> time;
  std::optional<IntOrString> port;
  IntOrString target_port;
  std::vector<std::int32_t> small_numbers;
  std::vector<std::int64_t> numbers;
  std::vector<Time> times;
  std::vector<std::string_view> texts;
  StringMap map;
  std::optional<Inlined> nested;
  friend bool operator==(const Everything&, const Everything&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "", &Everything::inlined, FieldKind::kInlineInJson},
                      Field{2, "flag", &Everything::flag},
                      Field{63, "number", &Everything::number},
                      Field{64, "time", &Everything::time},
                      Field{65, "port", &Everything::port},
                      Field{500, "targetPort", &Everything::target_port},
                      Field{16, "smallNumbers", &Everything::small_numbers},
                      Field{17, "numbers", &Everything::numbers},
                      Field{18, "times", &Everything::times},
                      Field{19, "texts", &Everything::texts},
                      Field{20, "map", &Everything::map},
                      Field{21, "nested", &Everything::nested}};
  }
};

template <typename T>
class RandomObjectTest : public testing::Test {};

using Types = testing::Types<Everything, Pod, Node, Service, Endpoints, EndpointSlice, Ingress, Job,
                             Deployment, ReplicaSet, Namespace, PartialObject, AnyObject>;
TYPED_TEST_SUITE(RandomObjectTest, Types);

// The bytes at the very end of an allocation, so that reading past them is seen.
std::unique_ptr<char[]> exact_copy(std::string_view bytes) {
  auto copy = std::make_unique<char[]>(bytes.size());
  if (!bytes.empty()) {
    std::memcpy(copy.get(), bytes.data(), bytes.size());
  }
  return copy;
}

TYPED_TEST(RandomObjectTest, BothEncodingsGiveTheObject) {
  RandomObjects random(1);
  ProtobufWriter protobuf(random);
  JsonWriter json(random);
  JsonDecoder decoder;
  TypeParam from_protobuf;  // used again: what an earlier object left must not show
  TypeParam from_json;
  for (int round = 0; round < 300; ++round) {
    const auto object = random.make<TypeParam>();
    const std::string message = protobuf.write(object);
    const Result<void> protobuf_result = decode_protobuf(message, from_protobuf);
    ASSERT_TRUE(protobuf_result) << round << ": " << protobuf_result.error().message;
    ASSERT_EQ(from_protobuf, object) << round;
    const std::string text = json.write(object);
    const Result<void> json_result = decoder.decode(text, from_json);
    ASSERT_TRUE(json_result) << round << ": " << json_result.error().message << "\n" << text;
    ASSERT_EQ(from_json, object) << round << "\n" << text;
  }
}

TYPED_TEST(RandomObjectTest, TruncatedObjectsAreRefusedOrWholeWithoutTheRest) {
  RandomObjects random(2);
  const auto object = random.make<TypeParam>();
  const std::string message = ProtobufWriter(random).write(object);
  const std::string text = JsonWriter(random).write(object);
  JsonDecoder decoder;
  TypeParam out;
  std::size_t refused = 0;
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto copy = exact_copy(std::string_view(message).substr(0, size));
    refused += decode_protobuf(std::string_view(copy.get(), size), out) ? 0 : 1;
  }
  // A message may end between two fields, nowhere else.
  EXPECT_GT(refused, message.size() / 2);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto copy = exact_copy(std::string_view(text).substr(0, size));
    EXPECT_FALSE(decoder.decode(std::string_view(copy.get(), size), out)) << size;
  }
}

TYPED_TEST(RandomObjectTest, DamagedObjectsNeverCrashAndLeaveNoTrace) {
  RandomObjects random(3);
  JsonDecoder decoder;
  TypeParam out;
  for (int round = 0; round < 300; ++round) {
    const auto object = random.make<TypeParam>();
    const std::string message = ProtobufWriter(random).write(object);
    const std::string text = JsonWriter(random).write(object);
    for (std::string damaged : {message, text}) {
      for (std::uint64_t times = 1 + random.below(3); times > 0 && !damaged.empty(); --times) {
        damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
      }
      const auto copy = exact_copy(damaged);
      static_cast<void>(decode_protobuf(std::string_view(copy.get(), damaged.size()), out));
      static_cast<void>(decoder.decode(std::string_view(copy.get(), damaged.size()), out));
    }
    ASSERT_TRUE(decode_protobuf(message, out));
    ASSERT_EQ(out, object) << round;
    ASSERT_TRUE(decoder.decode(text, out));
    ASSERT_EQ(out, object) << round;
  }
}

}  // namespace
}  // namespace kubevitals::kube
