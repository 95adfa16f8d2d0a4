#include "kube/decode_protobuf.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <string>

#include "kube/objects/deployment.h"
#include "kube/objects/pod.h"

namespace kubevitals::kube {
namespace {

using Writer = protozero::pbf_writer;

std::string message(auto fill) {
  std::string bytes;
  Writer writer(bytes);
  fill(writer);
  return bytes;
}

std::string pod_with_metadata(const std::string& metadata) {
  return message([&](Writer& pod) { pod.add_message(1, metadata); });
}

std::string error_of(const auto& result) {
  return result ? "" : result.error().message;
}

TEST(DecodeProtobuf, AnEmptyMessageIsAnObjectOfInitialValues) {
  Pod pod;
  pod.metadata.name = "left over";
  pod.spec.containers.resize(3);
  pod.status.start_time.emplace();
  ASSERT_TRUE(decode_protobuf("", pod));
  EXPECT_EQ(pod, Pod());
}

TEST(DecodeProtobuf, TextPointsIntoTheMessage) {
  const std::string bytes = pod_with_metadata(message([](Writer& meta) { meta.add_string(1, "web-0"); }));
  Pod pod;
  ASSERT_TRUE(decode_protobuf(bytes, pod));
  EXPECT_EQ(pod.metadata.name, "web-0");
  EXPECT_GE(pod.metadata.name.data(), bytes.data());
  EXPECT_LT(pod.metadata.name.data(), bytes.data() + bytes.size());
}

TEST(DecodeProtobuf, TheLastOfEqualScalarsWins) {
  const std::string bytes = pod_with_metadata(message([](Writer& meta) {
    meta.add_string(1, "first");
    meta.add_int64(7, 1);
    meta.add_string(1, "second");
    meta.add_int64(7, -2);
  }));
  Pod pod;
  ASSERT_TRUE(decode_protobuf(bytes, pod));
  EXPECT_EQ(pod.metadata.name, "second");
  EXPECT_EQ(pod.metadata.generation, -2);
}

TEST(DecodeProtobuf, MessagesGivenTwiceAreMerged) {
  const auto entry = [](std::string_view key, std::string_view value) {
    return message([&](Writer& map) {
      map.add_string(1, key.data(), key.size());
      map.add_string(2, value.data(), value.size());
    });
  };
  const std::string first = message([&](Writer& meta) {
    meta.add_string(1, "name");
    meta.add_message(11, entry("b", "1"));
    meta.add_message(13, message([](Writer& owner) { owner.add_string(4, "u1"); }));
  });
  const std::string second = message([&](Writer& meta) {
    meta.add_string(3, "ns");
    meta.add_message(11, entry("a", "2"));
    meta.add_message(11, entry("b", "3"));
    meta.add_message(13, message([](Writer& owner) { owner.add_string(4, "u2"); }));
  });
  Pod pod;
  for (int round = 0; round < 2; ++round) {  // the second one finds what the first one left
    const std::string bytes = pod_with_metadata(first) + pod_with_metadata(second);
    ASSERT_TRUE(decode_protobuf(bytes, pod));
    EXPECT_EQ(pod.metadata.name, "name");
    EXPECT_EQ(pod.metadata.namespace_, "ns");
    EXPECT_EQ(pod.metadata.labels, (StringMap{{"a", "2"}, {"b", "3"}}));
    ASSERT_EQ(pod.metadata.owner_references.size(), 2u);
    EXPECT_EQ(pod.metadata.owner_references[1].uid, "u2");
  }
}

TEST(DecodeProtobuf, MapsComeOutSortedAndTheLastOfEqualKeysWins) {
  const auto label = [](std::string_view key, std::string_view value) {
    return message([&](Writer& meta) {
      meta.add_message(11, message([&](Writer& entry) {
                         entry.add_string(2, value.data(), value.size());  // before its key, which is allowed
                         entry.add_string(1, key.data(), key.size());
                       }));
    });
  };
  Pod pod;
  const std::string bytes = pod_with_metadata(label("z", "1") + label("a", "2") + label("z", "3") +
                                              label("m", "") + label("a", "4"));
  ASSERT_TRUE(decode_protobuf(bytes, pod));
  EXPECT_EQ(pod.metadata.labels, (StringMap{{"a", "4"}, {"m", ""}, {"z", "3"}}));
}

TEST(DecodeProtobuf, MapEntriesMayLackKeyOrValue) {
  const std::string empty_entry = message([](Writer& meta) { meta.add_message(11, std::string()); });
  Pod pod;
  ASSERT_TRUE(decode_protobuf(pod_with_metadata(empty_entry), pod));
  EXPECT_EQ(pod.metadata.labels, (StringMap{{"", ""}}));
  const std::string entry = message([](Writer& writer) { writer.add_string(1, "cpu"); });
  const std::string limits = message([&](Writer& writer) { writer.add_message(1, entry); });
  ResourceRequirements resources;
  ASSERT_TRUE(decode_protobuf(limits, resources));
  EXPECT_EQ(resources.limits, (ResourceList{{"cpu", "0"}}));
}

TEST(DecodeProtobuf, TimesAreReadAsGoDoes) {
  const auto creation = [](const std::string& time) {
    Pod pod;
    EXPECT_TRUE(
        decode_protobuf(pod_with_metadata(message([&](Writer& meta) { meta.add_message(8, time); })), pod));
    return pod.metadata.creation_timestamp;
  };
  EXPECT_TRUE(creation("").is_zero());
  EXPECT_EQ(creation(message([](Writer& time) { time.add_int64(1, 1'500'000'000); })),
            (Time{1'500'000'000, 0}));
  EXPECT_EQ(creation(message([](Writer& time) { time.add_int32(2, 5); })), (Time{0, 0}));
  EXPECT_EQ(creation(message([](Writer& time) {
              time.add_int64(1, -1);
              time.add_int32(2, 999'999'999);
            })),
            (Time{-1, 0}));
  // The second one replaces the first: it is no message to Go.
  Pod pod;
  const std::string twice = message([](Writer& meta) {
    meta.add_message(8, message([](Writer& time) { time.add_int64(1, 7); }));
    meta.add_message(8, std::string());
  });
  ASSERT_TRUE(decode_protobuf(pod_with_metadata(twice), pod));
  EXPECT_TRUE(pod.metadata.creation_timestamp.is_zero());
}

TEST(DecodeProtobuf, PresenceOfAnEmptyMessageCounts) {
  VolumeSource source;
  ASSERT_TRUE(
      decode_protobuf(message([](Writer& volume) { volume.add_message(29, std::string()); }), source));
  EXPECT_TRUE(source.ephemeral);
  EXPECT_FALSE(source.persistent_volume_claim);
  ASSERT_TRUE(decode_protobuf("", source));
  EXPECT_FALSE(source.ephemeral);
}

TEST(DecodeProtobuf, NegativeInt32HasTenBytes) {
  ContainerStateTerminated state;
  const std::string bytes = message([](Writer& writer) { writer.add_int32(1, -3); });
  ASSERT_EQ(bytes.size(), 11u);
  ASSERT_TRUE(decode_protobuf(bytes, state));
  EXPECT_EQ(state.exit_code, -3);
}

TEST(DecodeProtobuf, AnotherWireTypeIsAnErrorThatSaysWhere) {
  const std::string container = message([](Writer& writer) { writer.add_uint64(1, 5); });
  const std::string spec = message([&](Writer& writer) { writer.add_message(2, container); });
  Pod pod;
  const Result<void> result =
      decode_protobuf(message([&](Writer& writer) { writer.add_message(2, spec); }), pod);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(result.error().message,
            "spec.containers.name: the field has another wire type than the API gives it");
  EXPECT_FALSE(decode_protobuf(message([](Writer& writer) { writer.add_fixed32(3, 1); }), pod));
  ContainerStateTerminated state;
  EXPECT_FALSE(decode_protobuf(message([](Writer& writer) { writer.add_string(1, "x"); }), state));
  EXPECT_FALSE(decode_protobuf(message([](Writer& writer) { writer.add_fixed64(1, 1); }), state));
}

TEST(DecodeProtobuf, MalformedWireFormatIsRefused) {
  using namespace std::string_view_literals;
  Pod pod;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\x00"sv, "a field number is out of range"},
      {"\x0a"sv, "metadata: the message is truncated"},
      {"\x0a\x05\x0a"sv, "metadata: the message is truncated"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "metadata: the message is truncated"},
      {"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv, "metadata: a varint has more than 10 bytes"},
      {"\x80"sv, "the message is truncated"},
      {"\x4e"sv, "unknown wire type"},
      {"\x4f"sv, "unknown wire type"},
      {"\x4c"sv, "a group ends that was not begun"},
      {"\x4b\x4b\x4c"sv, "the message is truncated"},
      {"\x4d\x01\x02"sv, "the message is truncated"},
      {"\x49\x01\x02"sv, "the message is truncated"},
      {"\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"sv, "a field number is out of range"},
  };
  for (const auto& [bytes, expected] : cases) {
    const Result<void> result = decode_protobuf(bytes, pod);
    EXPECT_EQ(error_of(result), expected);
  }
}

TEST(DecodeProtobuf, DeepUnknownGroupsCostNoStack) {
  const std::size_t depth = 1'000'000;
  std::string bytes(depth, '\x4b');
  bytes.append(depth, '\x4c');
  Pod pod;
  EXPECT_TRUE(decode_protobuf(bytes, pod));
}

TEST(DecodeProtobuf, IntOrStringTellsThemApart) {
  struct Port {
    std::optional<IntOrString> port;
    static constexpr auto fields() { return std::tuple{Field{1, "port", &Port::port}}; }
  };
  Port out;
  const auto decode = [&](std::int32_t type, std::int32_t number, const char* text) {
    const std::string either = message([&](Writer& writer) {
      writer.add_int32(1, type);
      writer.add_int32(2, number);
      writer.add_string(3, text);
    });
    EXPECT_TRUE(decode_protobuf(message([&](Writer& writer) { writer.add_message(1, either); }), out));
  };
  decode(1, 0, "25%");
  ASSERT_TRUE(out.port);
  EXPECT_TRUE(out.port->is_string);
  decode(0, -8, "");
  EXPECT_EQ(out.port, (IntOrString{false, -8, ""}));
  ASSERT_TRUE(decode_protobuf("", out));
  EXPECT_FALSE(out.port);
}

}  // namespace
}  // namespace kubevitals::kube
