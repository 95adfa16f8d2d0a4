#include "kube/manifest_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "kube/manifest_stream.h"

namespace kubevitals::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "<position> <apiVersion> <kind> <JSON>" for each object, then the errors.
class Recorder final : public ManifestHandler {
 public:
  void on_object(const ManifestObject& object) override {
    std::string json(object.json);
    std::erase(json, '\n');
    objects.push_back(position_of(object) + " " + std::string(object.api_version) + " " +
                      std::string(object.kind) + " " + json);
  }
  void on_bad_object(const Error& error) override { objects.push_back("bad: " + error.message); }

  std::vector<std::string> objects;
};

std::vector<std::string> read(const std::string& text) {
  std::istringstream input(text);
  Recorder recorder;
  const auto result = read_manifests(input, recorder);
  if (!result) recorder.objects.push_back("error: " + result.error().message);
  return recorder.objects;
}

TEST(ManifestReader, ReadsOneObject) {
  const char* expected = R"(line 1 v1 Pod {"apiVersion":"v1","kind":"Pod","a":{"b":[1]}})";
  EXPECT_THAT(read(R"({"apiVersion":"v1","kind":"Pod","a":{"b":[1]}})"), ElementsAre(expected));
  EXPECT_THAT(read("apiVersion: v1\nkind: Pod\na: {b: [1]}\n"), ElementsAre(expected));
}

TEST(ManifestReader, ReadsSeveralDocuments) {
  EXPECT_THAT(
      read("{\"kind\":\"A\"}\n\n{\"kind\":\"B\"}{\"kind\":\"C\"}"),
      ElementsAre("line 1  A {\"kind\":\"A\"}", "line 3  B {\"kind\":\"B\"}", "line 3  C {\"kind\":\"C\"}"));
  EXPECT_THAT(read("---\nkind: A\n---\n# empty\n---\nkind: B\n...\n"),
              ElementsAre("line 2  A {\"kind\":\"A\"}", "line 6  B {\"kind\":\"B\"}"));
  EXPECT_THAT(read("{\"kind\":\"A\"}\n---\n{\"kind\":\"B\"}\n---\n"),
              ElementsAre("line 1  A {\"kind\":\"A\"}", "line 3  B {\"kind\":\"B\"}"));
}

TEST(ManifestReader, ReadsListsOfMixedKinds) {
  EXPECT_THAT(read("{\"kind\":\"List\",\n\"items\":[\n{\"kind\":\"A\"},\n{\"kind\":\"B\",\"apiVersion\":"
                   "\"v2\"}],\"x\":1}"),
              ElementsAre("line 3: items[0]  A {\"kind\":\"A\"}",
                          "line 4: items[1] v2 B {\"kind\":\"B\",\"apiVersion\":\"v2\"}"));
  EXPECT_THAT(
      read("apiVersion: v1\nitems:\n- kind: A\n- kind: B\n  x: 1\nkind: List\n"),
      ElementsAre("line 3: items[0]  A {\"kind\":\"A\"}", "line 4: items[1]  B {\"kind\":\"B\",\"x\":1}"));
  EXPECT_THAT(read(R"([{"kind":"A"}, {"kind":"B"}])"),
              ElementsAre("line 1: items[0]  A {\"kind\":\"A\"}", "line 1: items[1]  B {\"kind\":\"B\"}"));
}

TEST(ManifestReader, ItemsOfATypedListAreWhatTheListSays) {
  EXPECT_THAT(
      read(R"({"kind":"PodList","apiVersion":"v1","items":[{"x":1},{"kind":"Other"}]})"),
      ElementsAre("line 1: items[0] v1 Pod {\"x\":1}", "line 1: items[1]  Other {\"kind\":\"Other\"}"));
}

TEST(ManifestReader, TypedListMaySayItsKindBehindTheItems) {
  EXPECT_THAT(
      read(R"({"apiVersion":"apps/v1","items":[{"x":1},{"x":2}],"kind":"DeploymentList"} {"kind":"A"})"),
      ElementsAre("line 1: items[0] apps/v1 Deployment {\"x\":1}",
                  "line 1: items[1] apps/v1 Deployment {\"x\":2}", "line 1  A {\"kind\":\"A\"}"));
}

TEST(ManifestReader, EmptyInputAndEmptyListsHaveNoObjects) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read(" \n\n"), IsEmpty());
  EXPECT_THAT(read(R"({"kind":"PodList","items":[]})"), IsEmpty());
  EXPECT_THAT(read(R"({"kind":"PodList","items":null})"), IsEmpty());
  EXPECT_THAT(read("[]"), IsEmpty());
}

TEST(ManifestReader, SkipsAByteOrderMark) {
  EXPECT_THAT(read("\xef\xbb\xbf{\"kind\":\"A\"}"), ElementsAre("line 1  A {\"kind\":\"A\"}"));
  EXPECT_THAT(read("\xef\xbb\xbfkind: A\n"), ElementsAre("line 1  A {\"kind\":\"A\"}"));
}

TEST(ManifestReader, ObjectsWithoutAKindAreBadButNotTheEnd) {
  EXPECT_THAT(read(R"({"a":1} {"kind":"List","items":[{"a":1},{"kind":"B"}]} {"kind":5} {"kind":"C"})"),
              ElementsAre("bad: line 1: the object does not say what kind it is",
                          "bad: line 1: items[0]: the object does not say what kind it is",
                          "line 1: items[1]  B {\"kind\":\"B\"}", HasSubstr("bad: line 1: kind: "),
                          "line 1  C {\"kind\":\"C\"}"));
}

TEST(ManifestReader, BrokenTextIsTheEnd) {
  EXPECT_THAT(read("{\"kind\":\"A\"}\n{\"kind\":\"B\""),
              ElementsAre("line 1  A {\"kind\":\"A\"}", "error: line 2: the input ends within an object"));
  EXPECT_THAT(read("{\"kind\":\"A\"}\n12"),
              ElementsAre("line 1  A {\"kind\":\"A\"}", "error: line 2: expected an object"));
  EXPECT_THAT(read("just a text\n"), ElementsAre("error: line 1: expected an object"));
  EXPECT_THAT(read("{\"kind\" \"A\"}"), ElementsAre("error: line 1: this is not JSON"));
  EXPECT_THAT(read("{\"items\":[1]}"), ElementsAre("error: line 1: an item of a list is not an object"));
  EXPECT_THAT(read("{\"items\":[{}{}]}"), ElementsAre(HasSubstr("line 1: expected a comma")));
  EXPECT_THAT(read("{\"items\":[{},]}"),
              ElementsAre(HasSubstr("line 1: an item of a list is not an object")));
  EXPECT_THAT(read("{\"items\":[],\"items\":[]}"), ElementsAre("error: line 1: a list has its items twice"));
  EXPECT_THAT(read("kind: A\n---\nkind: [\n"),
              ElementsAre("line 1  A {\"kind\":\"A\"}", HasSubstr("error: line ")));
}

// Whatever pieces the text comes in, the objects are the same.
TEST(ManifestStream, DoesNotDependOnTheChunks) {
  const std::string text =
      "{\"kind\":\"A\",\"x\":\"]}\\\"\"}\n---\n{\"items\":[{\"a\":[{}]},\n {}],\"kind\":\"AList\"} null "
      "{\"a\":1}";
  const auto objects = [&](std::size_t chunk) {
    ManifestStream stream;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text.size(); at += chunk) {
      stream.feed(std::string_view(text).substr(at, chunk));
      while (true) {
        const auto manifest = stream.next();
        EXPECT_TRUE(manifest);
        if (!manifest || !*manifest) break;
        found.push_back(std::to_string((*manifest)->line) + " " + std::string((*manifest)->json) + " " +
                        std::string((*manifest)->list_kind));
      }
    }
    EXPECT_TRUE(stream.finish());
    return found;
  };
  const auto expected = objects(text.size());
  EXPECT_THAT(expected, ElementsAre("1 {\"kind\":\"A\",\"x\":\"]}\\\"\"} ", "3 {\"a\":[{}]} ", "4 {} ",
                                    "4  AList", "4 {\"a\":1} "));
  for (std::size_t chunk = 1; chunk < text.size(); ++chunk) EXPECT_EQ(objects(chunk), expected) << chunk;
}

TEST(ManifestStream, RefusesAnObjectThatIsTooLarge) {
  for (const char* start : {"{\"a\":\"", "{\"items\":[{\"a\":\""}) {
    ManifestStream stream({.max_object_bytes = 1000});
    stream.feed(start);
    Result<std::optional<Manifest>> manifest = std::optional<Manifest>();
    for (int i = 0; i < 100 && manifest; ++i) {
      stream.feed(std::string(100, 'x'));
      manifest = stream.next();
    }
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr("too large"));
  }
}

}  // namespace
}  // namespace kubevitals::kube
