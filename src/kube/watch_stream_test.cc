#include "kube/watch_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/object_decoder.h"
#include "kube/stream_test_bytes.h"

namespace kubevitals::kube {
namespace {

struct Event {
  WatchEventType type;
  std::string api_version;
  std::string kind;
  std::string object;
  friend bool operator==(const Event&, const Event&) = default;
};

struct Outcome {
  std::vector<Event> events;
  std::string error;
  ErrorCode code = ErrorCode::kInternal;
};

Outcome read(Encoding encoding, std::string_view body, std::size_t chunk_size, StreamLimits limits = {}) {
  WatchStream stream(encoding, limits);
  Outcome outcome;
  const auto fail = [&](const Error& error) {
    outcome.error = error.message;
    outcome.code = error.code;
    return outcome;
  };
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    const std::string chunk(body.substr(at, chunk_size));
    stream.feed(chunk);
    while (true) {
      const auto frame = stream.next();
      if (!frame) {
        EXPECT_EQ(stream.next().error().message, frame.error().message);
        EXPECT_EQ(stream.finish().error().message, frame.error().message);
        return fail(frame.error());
      }
      if (!*frame) {
        break;
      }
      const WatchFrame& event = **frame;
      outcome.events.push_back(
          {event.type, std::string(event.api_version), std::string(event.kind), std::string(event.object)});
    }
  }
  const Result<void> end = stream.finish();
  return end ? outcome : fail(end.error());
}

Outcome read_in_chunks(Encoding encoding, std::string_view body, StreamLimits limits = {}) {
  const Outcome whole = read(encoding, body, std::max<std::size_t>(body.size(), 1), limits);
  for (const std::size_t size : {1, 2, 3, 5, 7, 16, 61}) {
    const Outcome outcome = read(encoding, body, size, limits);
    EXPECT_EQ(outcome.events, whole.events) << size;
    EXPECT_EQ(outcome.error, whole.error) << size;
  }
  return whole;
}

TEST(WatchStream, GivesProtobufEvents) {
  const std::string body =
      protobuf_event("ADDED", protobuf_envelope("v1", "Pod", "one")) +
      protobuf_event("MODIFIED", protobuf_envelope("apps/v1", "ReplicaSet", std::string(500, 'x'))) +
      protobuf_event("DELETED", protobuf_envelope("v1", "Pod", "")) +
      protobuf_event("BOOKMARK", protobuf_envelope("v1", "Pod", "b")) +
      protobuf_event("ERROR", protobuf_envelope("v1", "Status", "e"));
  const Outcome outcome = read_in_chunks(Encoding::kProtobuf, body);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.events,
            (std::vector<Event>{{WatchEventType::kAdded, "v1", "Pod", "one"},
                                {WatchEventType::kModified, "apps/v1", "ReplicaSet", std::string(500, 'x')},
                                {WatchEventType::kDeleted, "v1", "Pod", ""},
                                {WatchEventType::kBookmark, "v1", "Pod", "b"},
                                {WatchEventType::kError, "v1", "Status", "e"}}));
}

TEST(WatchStream, GivesJsonEventsHoweverTheyAreSeparated) {
  const std::string body = R"({"type":"ADDED","object":{"a":"}{"}}
{"object":{"b":[{}]},"extra":[1],"type":"MODIFIED"}{"type":"DELETED","object":{}}   {"ty\u0070e" : "BOOK\u004dARK" ,
 "object" : { } }
{"type":"ERROR","object":{"code":410}}
)";
  const Outcome outcome = read_in_chunks(Encoding::kJson, body);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.events, (std::vector<Event>{{WatchEventType::kAdded, "", "", R"({"a":"}{"})"},
                                                {WatchEventType::kModified, "", "", R"({"b":[{}]})"},
                                                {WatchEventType::kDeleted, "", "", "{}"},
                                                {WatchEventType::kBookmark, "", "", "{ }"},
                                                {WatchEventType::kError, "", "", R"({"code":410})"}}));
}

TEST(WatchStream, AnEndWithinAnEventIsAnError) {
  const std::string protobuf = protobuf_event("ADDED", protobuf_envelope("v1", "Pod", "one"));
  for (std::size_t size = 1; size < protobuf.size(); ++size) {
    const Outcome outcome = read(Encoding::kProtobuf, protobuf + protobuf.substr(0, size), 3);
    EXPECT_EQ(outcome.error, "cannot read the watch: it breaks off within an event") << size;
    EXPECT_EQ(outcome.code, ErrorCode::kUnavailable);
    EXPECT_EQ(outcome.events.size(), 1u);
  }
  const std::string json = R"({"type":"ADDED","object":{"a":"b\n"}})";
  for (std::size_t size = 1; size < json.size(); ++size) {
    const Outcome outcome = read(Encoding::kJson, json + "\n" + json.substr(0, size), 3);
    EXPECT_EQ(outcome.error, "cannot read the watch: it breaks off within an event") << size;
    EXPECT_EQ(outcome.events.size(), 1u);
  }
  EXPECT_EQ(read(Encoding::kProtobuf, "", 1).error, "");
  EXPECT_EQ(read(Encoding::kJson, " \n", 1).error, "");
}

TEST(WatchStream, EventsAreBounded) {
  const StreamLimits limits{.max_object_bytes = 100};
  const std::string big(200, 'x');
  Outcome outcome = read_in_chunks(Encoding::kProtobuf,
                                   protobuf_event("ADDED", protobuf_envelope("v1", "Pod", big)), limits);
  EXPECT_EQ(outcome.error, "cannot read the watch: an event is too large");
  outcome =
      read_in_chunks(Encoding::kJson, "{\"type\":\"ADDED\",\"object\":{\"a\":\"" + big + "\"}}", limits);
  EXPECT_EQ(outcome.error, "cannot read the watch: an event is too large");
  EXPECT_EQ(read(Encoding::kProtobuf, "\xff\xff\xff\xff", 4).error,
            "cannot read the watch: an event is too large");
  // White space between events is none of an event.
  EXPECT_EQ(read_in_chunks(Encoding::kJson, std::string(1000, '\n'), limits).error, "");
}

TEST(WatchStream, MalformedEventsAreRefused) {
  const auto protobuf = [](const std::string& body) {
    return read_in_chunks(Encoding::kProtobuf, body).error;
  };
  const std::string pod = protobuf_envelope("v1", "Pod", "");
  EXPECT_EQ(protobuf(protobuf_event("CHANGED", pod)),
            "cannot read the watch: unknown event type \"CHANGED\"");
  EXPECT_EQ(protobuf(protobuf_event("ADDED", "{\"kind\":\"Pod\"}")),
            "cannot read the watch: cannot open the protobuf envelope: it does not begin with \"k8s\"");
  EXPECT_EQ(protobuf(watch_frame("\x0a\x7f")), "cannot read the watch: type: the message is truncated");
  EXPECT_EQ(protobuf(watch_frame("")), "cannot read the watch: unknown event type \"\"");
  const auto json = [](const std::string& body) { return read_in_chunks(Encoding::kJson, body).error; };
  EXPECT_EQ(json("garbage"), "cannot read the watch: an event is not a JSON object");
  EXPECT_EQ(json("{\"type\":\"ADDED\" \"object\":{}}"),
            "cannot read the watch: an event is not a JSON object");
  EXPECT_EQ(json("{\"object\":{}}"), "cannot read the watch: an event has no type");
  EXPECT_EQ(json("{\"type\":5,\"object\":{}}"), "cannot read the watch: an event has no type");
  EXPECT_EQ(json("{\"type\":\"ADDED\"}"), "cannot read the watch: an event has no object");
  EXPECT_EQ(json("{\"type\":\"ADDED\",\"object\":[]}"), "cannot read the watch: an event has no object");
  EXPECT_EQ(json("{\"type\":\"added\",\"object\":{}}"),
            "cannot read the watch: unknown event type \"added\"");
}

TEST(WatchStream, BookmarksTellTheEndOfInitialEvents) {
  WatchStream stream(Encoding::kJson);
  stream.feed(R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"7",
      "annotations":{"k8s.io/initial-events-end":"true"}}}})");
  const auto frame = stream.next();
  ASSERT_TRUE(frame && *frame);
  ObjectDecoder decoder(Encoding::kJson);
  PartialObject bookmark;
  ASSERT_TRUE(decoder.decode((*frame)->object, bookmark));
  EXPECT_EQ(bookmark.metadata.resource_version, "7");
  EXPECT_TRUE(is_initial_events_end(bookmark.metadata));
  EXPECT_FALSE(is_initial_events_end(ObjectMeta()));
}

}  // namespace
}  // namespace kubevitals::kube
