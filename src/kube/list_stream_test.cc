#include "kube/list_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/object_decoder.h"
#include "kube/stream_test_bytes.h"

namespace kubevitals::kube {
namespace {

// What came of a list: a text that tells all of it.
struct Outcome {
  std::vector<std::string> items;
  std::string error;
  ErrorCode code = ErrorCode::kInternal;
  ListEnd end;
};

Outcome read(Encoding encoding, std::string_view body, std::size_t chunk_size, StreamLimits limits = {}) {
  ListStream stream(encoding, limits);
  Outcome outcome;
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    const std::string chunk(body.substr(at, chunk_size));  // freed at once: nothing may point into it
    stream.feed(chunk);
    while (true) {
      const auto item = stream.next();
      if (!item) {
        EXPECT_EQ(stream.next().error().message, item.error().message);
        EXPECT_EQ(stream.finish().error().message, item.error().message);
        outcome.error = item.error().message;
        outcome.code = item.error().code;
        return outcome;
      }
      if (!*item) {
        break;
      }
      outcome.items.emplace_back(**item);
    }
  }
  const Result<ListEnd> end = stream.finish();
  if (!end) {
    outcome.error = end.error().message;
    outcome.code = end.error().code;
  } else {
    outcome.end = *end;
  }
  return outcome;
}

// Reads it in chunks of several sizes, all of which must give the same.
Outcome read_in_chunks(Encoding encoding, std::string_view body, StreamLimits limits = {}) {
  const Outcome whole = read(encoding, body, std::max<std::size_t>(body.size(), 1), limits);
  for (const std::size_t size : {1, 2, 3, 5, 7, 16, 61}) {
    const Outcome outcome = read(encoding, body, size, limits);
    EXPECT_EQ(outcome.items, whole.items) << size;
    EXPECT_EQ(outcome.error, whole.error) << size;
    EXPECT_EQ(outcome.end.resource_version, whole.end.resource_version) << size;
    EXPECT_EQ(outcome.end.status, whole.end.status) << size;
  }
  return whole;
}

std::string named(std::string_view name) {
  std::string meta;
  protozero::pbf_writer(meta).add_string(1, name.data(), name.size());
  std::string object;
  protozero::pbf_writer(object).add_message(1, meta);
  return object;
}

const std::string& big_name() {
  static const std::string name(300, 'n');
  return name;
}

std::string json_list() {
  return R"( {"kind":"PodList","apiVersion":"v1","extra":{"items":[{"no":1}]},"metadata":{"resourceVersion":"42",
    "continue":"more","remainingItemCount":7},"items":[ {"metadata":{"name":"a]}\"\\"}} ,{},{"metadata":{"name":")" +
         big_name() + "\"}}\n] } \n";
}

TEST(ListStream, GivesItemsAndEndOfAProtobufList) {
  const Outcome outcome =
      read_in_chunks(Encoding::kProtobuf, protobuf_list({named("a"), "", named(big_name())}));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.items, (std::vector<std::string>{named("a"), "", named(big_name())}));
  EXPECT_EQ(outcome.end.api_version, "v1");
  EXPECT_EQ(outcome.end.kind, "PodList");
  EXPECT_EQ(outcome.end.resource_version, "42");
  EXPECT_EQ(outcome.end.continue_token, "more");
  EXPECT_EQ(outcome.end.remaining_item_count, 7);
  EXPECT_FALSE(outcome.end.status);
}

TEST(ListStream, GivesItemsAndEndOfAJsonList) {
  const Outcome outcome = read_in_chunks(Encoding::kJson, json_list());
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.items.size(), 3u);
  EXPECT_EQ(outcome.items[0], R"({"metadata":{"name":"a]}\"\\"}})");
  EXPECT_EQ(outcome.items[1], "{}");
  EXPECT_EQ(outcome.end.kind, "PodList");
  EXPECT_EQ(outcome.end.resource_version, "42");
  EXPECT_EQ(outcome.end.continue_token, "more");
  EXPECT_EQ(outcome.end.remaining_item_count, 7);
}

TEST(ListStream, MembersOfAJsonListComeInAnyOrder) {
  const Outcome outcome = read_in_chunks(
      Encoding::kJson,
      R"({"\u0069tems":[{"a":1}],"metadata":{"resourceVersion":"9"},"apiVersion":"v1","kind":"List"})");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.items, (std::vector<std::string>{R"({"a":1})"}));
  EXPECT_EQ(outcome.end.resource_version, "9");
}

TEST(ListStream, ItemsDecode) {
  for (const Encoding encoding : {Encoding::kProtobuf, Encoding::kJson}) {
    ListStream stream(encoding);
    ObjectDecoder decoder(encoding);
    stream.feed(encoding == Encoding::kJson ? json_list() : protobuf_list({named("a]}\"\\"), ""}));
    const auto first = stream.next();
    ASSERT_TRUE(first && *first);
    PartialObject object;
    ASSERT_TRUE(decoder.decode(**first, object));
    EXPECT_EQ(object.metadata.name, "a]}\"\\");
    EXPECT_EQ(stream.finish().error().code, ErrorCode::kInternal);  // there are more
  }
}

TEST(ListStream, EmptyListsAreLists) {
  EXPECT_EQ(read_in_chunks(Encoding::kProtobuf, protobuf_list({})).error, "");
  EXPECT_EQ(read_in_chunks(Encoding::kProtobuf, protobuf_envelope("v1", "PodList", "")).error, "");
  EXPECT_EQ(read_in_chunks(Encoding::kJson, R"({"kind":"PodList","items":[]})").error, "");
  EXPECT_EQ(read_in_chunks(Encoding::kJson, R"({"kind":"PodList","items":null})").error, "");
  EXPECT_EQ(read_in_chunks(Encoding::kJson, R"({"kind":"PodList"})").error, "");
}

TEST(ListStream, AStatusIsRecognised) {
  const ApiStatus expected{"Failure", "too old", "Expired", 410, 3};
  Outcome outcome = read_in_chunks(
      Encoding::kProtobuf, protobuf_envelope("v1", "Status", protobuf_status(410, "Expired", "too old")));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.end.status, expected);
  outcome =
      read_in_chunks(Encoding::kJson, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
      "message":"too old","reason":"Expired","details":{"retryAfterSeconds":3},"code":410})");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.end.status, expected);
}

TEST(ListStream, EveryTruncationIsAnErrorUntilOnlyTheTailIsMissing) {
  const std::string protobuf = protobuf_list({named("a"), named("b")});
  const std::size_t tail = 4;  // contentEncoding and contentType: a message may end before them
  for (std::size_t size = 0; size < protobuf.size() - tail; ++size) {
    const Outcome outcome = read(Encoding::kProtobuf, std::string_view(protobuf).substr(0, size), 5);
    EXPECT_EQ(outcome.code, ErrorCode::kUnavailable) << size << outcome.error;
    EXPECT_FALSE(outcome.error.empty()) << size;
  }
  const std::string json = R"({"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[{"a":"b"},{}]})";
  for (std::size_t size = 0; size < json.size(); ++size) {
    const Outcome outcome = read(Encoding::kJson, std::string_view(json).substr(0, size), 5);
    EXPECT_EQ(outcome.code, ErrorCode::kUnavailable) << size << outcome.error;
    EXPECT_FALSE(outcome.error.empty()) << size;
  }
}

TEST(ListStream, UnknownFieldsArePassedOver) {
  std::string list;
  protozero::pbf_writer writer(list);
  writer.add_string(3, std::string(5000, 'x'));
  writer.add_uint64(9, UINT64_MAX);
  writer.add_fixed32(10, 1);
  writer.add_message(2, named("a"));
  writer.add_message(1, protobuf_list_meta("1", "", 0));
  writer.add_message(1, protobuf_list_meta("2", "", 0));
  writer.add_fixed64(11, 1);
  const std::string body = protobuf_envelope("v1", "PodList", list);
  const Outcome outcome = read_in_chunks(Encoding::kProtobuf, body, {.max_object_bytes = 1000});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.items, (std::vector<std::string>{named("a")}));
  EXPECT_EQ(outcome.end.resource_version, "2");
}

TEST(ListStream, ItemsAreBounded) {
  const StreamLimits limits{.max_object_bytes = 200};
  Outcome outcome =
      read_in_chunks(Encoding::kProtobuf, protobuf_list({named("a"), named(big_name())}), limits);
  EXPECT_EQ(outcome.error, "cannot read the list: an item is too large");
  EXPECT_EQ(outcome.items.size(), 1u);
  outcome = read_in_chunks(Encoding::kJson, json_list(), limits);
  EXPECT_EQ(outcome.error, "cannot read the list: an item is too large");
  EXPECT_EQ(outcome.items.size(), 2u);
  // A length alone must not make it wait for, or allocate, more.
  const std::string huge =
      std::string("k8s\0\x0a\x06\x12\x04List\x12\xff\xff\xff\xff\x7f\x12\xff\xff\xff\x7f", 23);
  EXPECT_EQ(read(Encoding::kProtobuf, huge, 1).error, "cannot read the list: an item is too large");
}

TEST(ListStream, MalformedProtobufIsRefused) {
  using namespace std::string_view_literals;
  const auto error = [](std::string_view body) { return read_in_chunks(Encoding::kProtobuf, body).error; };
  EXPECT_EQ(error("{\"kind\":\"PodList\"}"), "cannot read the list: it is not in a protobuf envelope");
  EXPECT_EQ(error("k8s\0\x12\x00"sv), "cannot read the list: its envelope does not name a kind");
  EXPECT_EQ(error(protobuf_envelope("v1", "PodList", "\x12\x7f")),
            "cannot read the list: the message is truncated");
  EXPECT_EQ(error(protobuf_envelope("v1", "PodList", "\x12")),
            "cannot read the list: the message is truncated");
  EXPECT_EQ(error(protobuf_envelope("v1", "PodList", "\x10\x01")),
            "cannot read the list: a field has another wire type than the API gives it");
  EXPECT_EQ(error(protobuf_envelope("v1", "PodList", "\x1b\x1c")),
            "cannot read the list: it has a group, which the API never uses");
  EXPECT_EQ(error(protobuf_envelope("v1", "PodList", "\x07")),
            "cannot read the list: a field number is out of range");
  EXPECT_EQ(error(protobuf_list({}) + std::string("\x12\x00", 2)),
            "cannot read the list: its envelope has two contents");
  EXPECT_EQ(error(protobuf_list({}) + "\x1a\x04gzip"), "cannot read the list: its content is encoded");
  EXPECT_NE(error(protobuf_envelope("v1", "Status", "\x30")), "");
}

TEST(ListStream, MalformedJsonIsRefused) {
  const auto error = [](std::string_view body) { return read_in_chunks(Encoding::kJson, body).error; };
  EXPECT_EQ(error("[]"), "cannot read the list: it is not a JSON object");
  EXPECT_EQ(error("k8s"), "cannot read the list: it is not a JSON object");
  EXPECT_EQ(error("{\"items\" []}"), "cannot read the list: it is not a JSON object");
  EXPECT_EQ(error("{\"a\":1,}"), "cannot read the list: it is not a JSON object");
  EXPECT_EQ(error("{\"a\":,}"), "cannot read the list: it is not a JSON object");
  EXPECT_EQ(error("{\"items\":{}}"), "cannot read the list: its items are not a list");
  EXPECT_EQ(error("{\"items\":[1]}"), "cannot read the list: an item is not an object");
  EXPECT_EQ(error("{\"items\":[{},]}"), "cannot read the list: an item is not an object");
  EXPECT_EQ(error("{\"items\":[,{}]}"), "cannot read the list: an item is not an object");
  EXPECT_EQ(error("{\"items\":[{}{}]}"), "cannot read the list: its items are not separated by commas");
  EXPECT_EQ(error("{\"items\":[],\"items\":[]}"), "cannot read the list: it has its items twice");
  EXPECT_EQ(error("{\"items\":[]} {"), "cannot read the list: there is more text behind it");
  EXPECT_EQ(error("{}"), "cannot read the list: it has no items and is no Status");
  EXPECT_EQ(error("{\"kind\":\"Pod\"}"), "cannot read the list: it has no items and is no Status");
  EXPECT_NE(error("{\"items\":[],\"metadata\":{\"remainingItemCount\":\"1\"}}"), "");
  EXPECT_NE(error("{\"items\":[],\"metadata\":nonsense}"), "");
}

TEST(ListStream, MemoryDoesNotGrowWithTheList) {
  ListStream stream(Encoding::kJson);
  stream.feed("{\"kind\":\"PodList\",\"items\":[");
  const std::string item = "{\"x\":\"" + std::string(1000, 'x') + "\"}";
  std::size_t items = 0;
  const char* buffer = nullptr;
  for (int i = 0; i < 2000; ++i) {
    stream.feed((i > 0 ? "," : "") + item);
    const auto next = stream.next();
    ASSERT_TRUE(next && *next);
    ASSERT_EQ(**next, item);
    ++items;
    if (i == 100) {
      buffer = (*next)->data();
    } else if (i > 100) {
      ASSERT_LT(std::abs((*next)->data() - buffer), 100'000);  // still the same buffer
    }
    ASSERT_FALSE(*stream.next());
  }
  stream.feed("]}");
  EXPECT_TRUE(stream.finish());
  EXPECT_EQ(items, 2000u);
}

}  // namespace
}  // namespace kubevitals::kube
